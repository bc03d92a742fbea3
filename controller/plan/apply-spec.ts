/**
 * What the spec files say now, against what is remembered: new clusters, changed specs, broken
 * files. A bad file never touches a running cluster: the last good spec stays in force.
 */
import { immutableProblems } from "../../crd-schema/immutable.ts";
import type { CompiledCluster } from "../../crd-schema/spec.ts";
import { withGeneration } from "../model/generation.ts";
import { clusterKey } from "../model/ids.ts";
import { type ClusterMemory, type ClusterSecrets } from "../model/memory.ts";
import { NO_RECOVERY } from "../model/recovery-memory.ts";
import { sameData } from "../model/same-data.ts";
import type { EventReason } from "../model/resource.ts";
import type { SpecSnapshot } from "../model/spec-snapshot.ts";
import { addEvent } from "./events.ts";

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
    generations: [{ generation: 1, at: now, spec: cluster.written }],
    cluster,
    problems: [],
    fileRemoved: false,
    adopted: [],
    bootstrap: null,
    recovery: NO_RECOVERY,
    compactedAt: null,
    leftJupyterAt: null,
    leftStorageAt: null,
    rebalance: null,
    operations: [],
    firstReadyAt: null,
    slots: [],
    hostTasks: 0,
    hostTask: null,
    launchBlock: null,
    conditions: [],
    conditionChanges: [],
    notified: null,
    resumed: null,
    events: addEvent([], event("Normal", "SpecAccepted", "the cluster is created"), now),
    lastErrors: [],
    lastOperation: null,
    elections: [],
    kernels: null,
  };
}

/** The memory after `snapshot`; the same object when nothing changed for this cluster. */
export function applySpec(
  memory: ClusterMemory,
  snapshot: SpecSnapshot,
  now: number,
): ClusterMemory {
  const { metadata, source } = memory.cluster;
  const next = snapshot.clusters.get(clusterKey(metadata));
  const inFile = snapshot.problems.get(next?.source.file ?? source.file) ?? [];
  if (next === undefined) {
    // A file that is there and in which the cluster can't be found may only be broken.
    const there = snapshot.files.has(source.file);
    const broken = there && inFile.some((p) => p.severity === "error");
    const fileRemoved = memory.fileRemoved || (snapshot.complete && !broken);
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
  let { events, generations } = memory;
  const { generation } = next;
  if (generation !== memory.generation) {
    generations = withGeneration(generations, { generation, at: now, spec: next.cluster.written });
    const message = `generation ${generation} of the spec is in force`;
    events = addEvent(events, event("Normal", "SpecAccepted", message), now);
  }
  const errors = next.problems.filter((p) => p.severity === "error");
  if (errors.length > 0 && !sameData(next.problems, memory.problems)) {
    const [first] = errors;
    const place = [first?.file, first?.line, first?.column].filter((x) => x != null).join(":");
    const message = [place, first?.field, first?.message].filter(Boolean).join(": ");
    events = addEvent(events, event("Warning", "SpecRefused", message), now);
  }
  const wasWrong = memory.problems.some((p) => p.severity === "error");
  if (wasWrong && errors.length === 0 && !next.fileRemoved && generation === memory.generation) {
    const message = `the spec has no errors any more: generation ${generation} stays in force`;
    events = addEvent(events, event("Normal", "SpecAccepted", message), now);
  }
  if (next.fileRemoved && !memory.fileRemoved) {
    const message = `the spec file is gone; deletionPolicy is ${memory.cluster.spec.deletionPolicy}`;
    events = addEvent(events, event("Warning", "SpecFileRemoved", message), now);
  }
  return { ...next, events, generations };
}

function event(type: "Normal" | "Warning", reason: EventReason, message: string) {
  return { type, reason, message };
}
