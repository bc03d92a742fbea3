/**
 * A cluster that is gone from the files is not removed yet: editors and tools save by truncating,
 * by unlinking and renaming, or by swapping directories, and a file may be gone or empty for a
 * moment. Only what stays away is removed. Pure but for what it remembers.
 */
import type { ManifestReading } from "../../crd-schema/load.ts";
import type { CompiledCluster, Problem } from "../../crd-schema/spec.ts";
import type { ClusterKey } from "../model/ids.ts";
import { type SpecSnapshot, specSnapshot } from "../model/spec-snapshot.ts";

/** A cluster that was read once, and what was last said of it. */
interface Known {
  readonly cluster: CompiledCluster;
  /** False while its file is broken. */
  readonly valid: boolean;
  readonly problems: readonly Problem[];
  /** Milliseconds since the epoch; null: it is there. */
  readonly missingSince: number | null;
}

export class DeletionDebounce {
  private known: ReadonlyMap<ClusterKey, Known> = new Map();

  constructor(private readonly delayMs: number) {}

  /**
   * @returns what the files say with what is held put back, and when to read again (milliseconds
   *   since the epoch) if something is held
   */
  apply(reading: ManifestReading, now: number): { snapshot: SpecSnapshot; againAt: number | null } {
    const raw = specSnapshot(this.withoutMissingFiles(reading));
    const next = new Map<ClusterKey, Known>();
    for (const [key, cluster] of raw.clusters) {
      const problems = raw.problems.get(cluster.source.file) ?? [];
      next.set(key, { cluster, valid: true, problems, missingSince: null });
    }
    const held = new Map<ClusterKey, Known>();
    let againAt: number | null = null;
    for (const [key, before] of this.known) {
      if (next.has(key)) continue;
      const problems = raw.problems.get(before.cluster.source.file) ?? [];
      if (problems.some((problem) => problem.severity === "error")) {
        next.set(key, { ...before, valid: false, problems, missingSince: null });
        continue;
      }
      const missingSince = before.missingSince ?? now;
      const dueAt = missingSince + this.delayMs;
      if (raw.complete && now >= dueAt) continue;
      const known = { ...before, missingSince: raw.complete ? missingSince : null };
      next.set(key, known);
      held.set(key, known);
      if (raw.complete) againAt = Math.min(againAt ?? dueAt, dueAt);
    }
    this.known = next;
    return { snapshot: putBack(raw, held), againAt };
  }

  /** That a file is not there is no fault of it, once it was: it is a removal. */
  private withoutMissingFiles(reading: ManifestReading): ManifestReading {
    if (!reading.complete) return reading;
    const files = [...this.known.values()].map((known) => known.cluster.source.file);
    const there = new Set(reading.files);
    const missing = new Set(files.filter((file) => !there.has(file)));
    return { ...reading, problems: reading.problems.filter((p) => !missing.has(p.file)) };
  }
}

function putBack(raw: SpecSnapshot, held: ReadonlyMap<ClusterKey, Known>): SpecSnapshot {
  const clusters = new Map(raw.clusters);
  const problems = new Map(raw.problems);
  const files = new Set(raw.files);
  for (const [key, { cluster, valid, problems: before }] of held) {
    const { file } = cluster.source;
    if (valid) clusters.set(key, cluster);
    files.add(file);
    if (before.length > 0)
      problems.set(file, [...new Set([...(problems.get(file) ?? []), ...before])]);
  }
  return { ...raw, clusters, problems, files };
}
