/**
 * A file that is still being written looks whole at moments, and what is not there yet takes its
 * default. So what a reading changes of a cluster counts only when the files have rested; a new cluster,
 * whose network can never be changed, after a short rest; more nodes at once. A cluster that is gone
 * from them is DeletionDebounce's.
 */
import type { CompiledCluster } from "../../crd-schema/spec.ts";
import { sameData } from "../model/same-data.ts";
import type { SpecSnapshot } from "../model/spec-snapshot.ts";

/** Milliseconds without another reading. Editors and copies pause for less between two writes. */
export const REST_MS = 1_500;
export const REST_MS_NEW = 100;

export class Settling {
  private before: SpecSnapshot | null = null;
  private pending: { readonly text: string; readonly since: number } | null = null;

  /**
   * @param text of the snapshot: equal for equal ones
   * @returns milliseconds for which it has to rest; 0: it counts
   */
  restMs(snapshot: SpecSnapshot, text: string, now: number): number {
    const wanted = this.before === null ? 0 : restOf(this.before, snapshot);
    // A clock that is set back does not begin the wait again for long.
    const since = this.pending?.text === text ? Math.min(this.pending.since, now) : now;
    this.pending = { text, since };
    const rest = Math.max(0, since + wanted - now);
    if (rest > 0) return rest;
    this.before = { ...snapshot, clusters: comparable(this.before, snapshot) };
    this.pending = null;
    return 0;
  }
}

/** A cluster whose file is broken is still the one that runs: what is read next is a change of it. */
function comparable(before: SpecSnapshot | null, after: SpecSnapshot): SpecSnapshot["clusters"] {
  const clusters = new Map(after.clusters);
  for (const [key, cluster] of before?.clusters ?? []) {
    const problems = after.problems.get(cluster.source.file) ?? [];
    const broken = problems.some(({ severity }) => severity === "error");
    if (broken && !clusters.has(key)) clusters.set(key, cluster);
  }
  return clusters;
}

function restOf(before: SpecSnapshot, after: SpecSnapshot): number {
  for (const [key, cluster] of before.clusters) {
    const next = after.clusters.get(key);
    if (next !== undefined && !onlyGrows(cluster, next)) return REST_MS;
  }
  const isNew = [...after.clusters.keys()].some((key) => !before.clusters.has(key));
  return isNew ? REST_MS_NEW : 0;
}

function onlyGrows(before: CompiledCluster, after: CompiledCluster): boolean {
  const { replicas } = after.spec;
  return replicas >= before.spec.replicas && sameData({ ...before.spec, replicas }, after.spec);
}
