/**
 * A cluster that is gone from the files is not removed yet: editors and tools save by truncating,
 * by unlinking and renaming, or by swapping directories, and a file may be gone or empty for a
 * moment. Only what stays away is removed. Pure but for what it remembers.
 */
import { type ClusterKey, clusterKey } from "../model/ids.ts";
import type { CompiledCluster, Problem } from "../../crd-schema/spec.ts";

/** What all spec files say together. */
export interface SpecReading {
  readonly clusters: readonly CompiledCluster[];
  readonly problems: readonly Problem[];
  /** Files that are there, readable or not. */
  readonly files: readonly string[];
  /** False when a directory could not be listed: then nothing is known to be gone. */
  readonly complete: boolean;
}

/** A cluster that was read once, and what was last said of it. */
interface Known {
  readonly cluster: CompiledCluster;
  /** False while its file is broken. */
  readonly valid: boolean;
  readonly problems: readonly Problem[];
  /** Milliseconds since the epoch; null: it is there. */
  readonly missingSince: number | null;
}

export class RemovalHold {
  private known = new Map<ClusterKey, Known>();

  constructor(private readonly holdMs: number) {}

  /**
   * @returns the reading with what is held put back, and when to read again (milliseconds since
   *   the epoch) if something is held
   */
  apply(unjudged: SpecReading, now: number): { reading: SpecReading; againAt: number | null } {
    const raw = this.withoutMissingFiles(unjudged);
    const next = new Map<ClusterKey, Known>();
    for (const cluster of raw.clusters) {
      const problems = problemsOf(raw, cluster.source.file);
      next.set(clusterKey(cluster.metadata), {
        cluster,
        valid: true,
        problems,
        missingSince: null,
      });
    }
    const held: Known[] = [];
    let againAt: number | null = null;
    for (const [key, before] of this.known) {
      if (next.has(key)) continue;
      const problems = problemsOf(raw, before.cluster.source.file);
      if (problems.some((problem) => problem.severity === "error")) {
        next.set(key, { ...before, valid: false, problems, missingSince: null });
        continue;
      }
      const missingSince = before.missingSince ?? now;
      const dueAt = missingSince + this.holdMs;
      if (raw.complete && now >= dueAt) continue;
      const known = { ...before, missingSince: raw.complete ? missingSince : null };
      next.set(key, known);
      held.push(known);
      if (raw.complete) againAt = Math.min(againAt ?? dueAt, dueAt);
    }
    this.known = next;
    return { reading: putBack(raw, held), againAt };
  }

  /** That a file is not there is no fault of it, once it was: it is a removal. */
  private withoutMissingFiles(raw: SpecReading): SpecReading {
    if (!raw.complete) return raw;
    const files = [...this.known.values()].map((known) => known.cluster.source.file);
    const there = new Set(raw.files);
    const missing = new Set(files.filter((file) => !there.has(file)));
    return { ...raw, problems: raw.problems.filter((problem) => !missing.has(problem.file)) };
  }
}

function putBack(raw: SpecReading, held: readonly Known[]): SpecReading {
  const clusters = held.filter((known) => known.valid).map((known) => known.cluster);
  const problems = held.flatMap((known) => known.problems);
  const files = held.map((known) => known.cluster.source.file);
  return {
    clusters: [...raw.clusters, ...clusters],
    problems: [...raw.problems, ...problems.filter((p) => !raw.problems.includes(p))],
    files: [...new Set([...raw.files, ...files])],
    complete: raw.complete,
  };
}

function problemsOf(raw: SpecReading, file: string): readonly Problem[] {
  return raw.problems.filter((problem) => problem.file === file);
}
