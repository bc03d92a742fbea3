/**
 * What the spec files say now, against what is remembered: new clusters, changed specs, broken
 * files. A bad file never touches a running cluster: the last good spec stays in force.
 */
import { immutableProblems } from "../../crd-schema/immutable.ts";
import type { CompiledCluster, Problem } from "../../crd-schema/spec.ts";
import { type ClusterKey, clusterKey } from "../model/ids.ts";
import { type ClusterMemory, type ClusterSecrets, NO_RECOVERY } from "../model/memory.ts";
import { sameData } from "../model/same-data.ts";
import { addEvent } from "./events.ts";

/** One reading of all spec files. */
export interface SpecReading {
  readonly clusters: readonly CompiledCluster[];
  readonly problems: readonly Problem[];
  /** Files that are there, readable or not. */
  readonly files: readonly string[];
  /** False: something could not be looked at, so nothing may be taken for removed. */
  readonly complete: boolean;
}

/** A reading in which each cluster finds its part at the same cost, however many there are. */
export interface IndexedReading {
  readonly clusters: ReadonlyMap<ClusterKey, CompiledCluster>;
  /** By file. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  readonly files: ReadonlySet<string>;
  readonly complete: boolean;
}

export interface Identity {
  readonly uid: string;
  readonly secrets: ClusterSecrets;
}

export function newMemory(
  cluster: CompiledCluster,
  identity: Identity,
  now: number,
): ClusterMemory {
  return {
    ...identity,
    createdAt: now,
    generation: 1,
    cluster,
    problems: [],
    fileRemoved: false,
    bootstrap: null,
    recovery: NO_RECOVERY,
    compactedAt: null,
    firstReadyAt: null,
    slots: [],
    conditions: [],
    events: addEvent([], event("Normal", "SpecAccepted", "the cluster is created"), now),
    lastErrors: [],
    lastOperation: null,
    elections: [],
  };
}

export function indexReading(reading: SpecReading): IndexedReading {
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

/** The memory after `reading`; the same object when nothing changed for this cluster. */
export function takeReading(
  memory: ClusterMemory,
  reading: IndexedReading,
  now: number,
): ClusterMemory {
  const { metadata, source } = memory.cluster;
  const next = reading.clusters.get(clusterKey(metadata));
  const inFile = reading.problems.get(next?.source.file ?? source.file) ?? [];
  if (next === undefined) {
    // A file that is there and in which the cluster can't be found may only be broken.
    const there = reading.files.has(source.file);
    const broken = there && inFile.some((p) => p.severity === "error");
    const fileRemoved = memory.fileRemoved || (reading.complete && !broken);
    return update(memory, { problems: there ? inFile : [], fileRemoved }, now);
  }
  const immutable = immutableProblems(memory.cluster, next);
  if (immutable.length > 0) {
    return update(memory, { problems: [...inFile, ...immutable], fileRemoved: false }, now);
  }
  const changed =
    !sameData(memory.cluster.spec, next.spec) || !sameData(memory.cluster.written, next.written);
  const generation = memory.generation + (changed ? 1 : 0);
  return update(memory, { problems: inFile, fileRemoved: false, cluster: next, generation }, now);
}

function update(memory: ClusterMemory, patch: Partial<ClusterMemory>, now: number): ClusterMemory {
  const next = { ...memory, ...patch };
  if (sameData(next, memory)) return memory;
  let { events } = memory;
  if (next.generation !== memory.generation) {
    const message = `generation ${next.generation} of the spec is in force`;
    events = addEvent(events, event("Normal", "SpecAccepted", message), now);
  }
  const errors = next.problems.filter((p) => p.severity === "error");
  if (errors.length > 0 && !sameData(next.problems, memory.problems)) {
    const [first] = errors;
    const place = [first?.file, first?.line, first?.column].filter((x) => x != null).join(":");
    const message = `${place}: ${first?.field ?? ""}: ${first?.message ?? ""}`;
    events = addEvent(events, event("Warning", "SpecRefused", message), now);
  }
  if (next.fileRemoved && !memory.fileRemoved) {
    const message = `the spec file is gone; deletionPolicy is ${memory.cluster.spec.deletionPolicy}`;
    events = addEvent(events, event("Warning", "SpecFileRemoved", message), now);
  }
  return { ...next, events };
}

function event(type: "Normal" | "Warning", reason: string, message: string) {
  return { type, reason, message };
}
