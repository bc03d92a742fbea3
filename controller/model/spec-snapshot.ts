/** What all spec files say together at one moment. */
import type { ManifestReading } from "../../crd-schema/load.ts";
import type { CompiledCluster, Problem } from "../../crd-schema/spec.ts";
import { type ClusterKey, clusterKey } from "./ids.ts";

/** Each cluster finds its part at the same cost, however many there are. */
export interface SpecSnapshot {
  readonly clusters: ReadonlyMap<ClusterKey, CompiledCluster>;
  /** By file. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  /** Files that are there, readable or not. */
  readonly files: ReadonlySet<string>;
  /** False: something could not be looked at, so nothing may be taken for removed. */
  readonly complete: boolean;
}

/** Of several clusters of one name the first counts. */
export function specSnapshot(reading: ManifestReading): SpecSnapshot {
  const clusters = new Map<ClusterKey, CompiledCluster>();
  for (const cluster of reading.clusters) {
    const key = clusterKey(cluster.metadata);
    if (!clusters.has(key)) clusters.set(key, cluster);
  }
  const problems = new Map<string, Problem[]>();
  for (const problem of reading.problems) {
    const inFile = problems.get(problem.file) ?? [];
    inFile.push(problem);
    problems.set(problem.file, inFile);
  }
  return { clusters, problems, files: new Set(reading.files), complete: reading.complete };
}
