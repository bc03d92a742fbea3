/** Whom a new snapshot of the spec files concerns. */
import { beforeEach, describe, expect, it } from "vitest";
import { SpecCache } from "../../../controller/loop/spec-cache.ts";
import { clusterKey } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { type SpecSnapshot, specSnapshot } from "../../../controller/model/spec-snapshot.ts";
import { newMemory } from "../../../controller/plan/apply-spec.ts";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import { fakeCluster, T0 } from "../../support/planner/fixtures.ts";

const [A, B, C] = ["default/a", "default/b", "default/c"] as const;

let cache: SpecCache;
const memories = new Map<string, ClusterMemory>();

function spec(name: string, replicas = 3): CompiledCluster {
  const base = fakeCluster({ replicas });
  return {
    ...base,
    metadata: { ...base.metadata, name },
    source: { file: `${name}.yaml`, line: 1 },
  };
}

function snapshot(...clusters: readonly CompiledCluster[]): SpecSnapshot {
  const files = clusters.map((c) => c.source.file);
  return specSnapshot({ clusters, problems: [], files, complete: true });
}

function put(next: SpecSnapshot): readonly string[] {
  return cache.put(next, memories, T0);
}

/** As a reconcile does. */
function reconcile(key: string): void {
  const before = memories.get(key);
  if (before === undefined) throw new Error(`no cluster ${key}`);
  memories.set(key, cache.apply(key, before, T0));
  cache.applied(key, cache.newest);
}

function replicasOf(key: string): number | undefined {
  return memories.get(key)?.cluster.spec.replicas;
}

beforeEach(() => {
  cache = new SpecCache();
  const secrets = {
    agentToken: "agent",
    jupyterToken: "jupyter",
    cookieSecret: "cookie",
    authorityKey: null,
  };
  for (const cluster of [spec("a"), spec("b"), spec("c")]) {
    const memory = newMemory(cluster, { uid: "0123456789abcdef", secrets }, T0);
    memories.set(clusterKey(cluster.metadata), memory);
  }
});

describe("a snapshot of the spec files concerns", () => {
  it("everybody when it is the first", () => {
    expect(put(snapshot(spec("a"), spec("b"), spec("c")))).toEqual([A, B, C]);
  });

  it("those alone for whom it says something new", () => {
    put(snapshot(spec("a"), spec("b"), spec("c")));
    for (const key of memories.keys()) reconcile(key);
    expect(put(snapshot(spec("a"), spec("b", 5), spec("c")))).toEqual([B]);
    reconcile(B);
    expect(replicasOf(B)).toBe(5);
    expect(put(snapshot(spec("a"), spec("b", 5)))).toEqual([C]);
    const [first] = [{ severity: "warning", file: "a.yaml", line: 1, column: 1 } as const];
    const problems = new Map([["a.yaml", [{ ...first, field: "spec", message: "is odd" }]]]);
    reconcile(C);
    expect(memories.get(C)?.fileRemoved).toBe(true);
    expect(put({ ...snapshot(spec("a"), spec("b", 5)), problems })).toEqual([A]);
  });

  it("whoever has not applied the one before, even if it says what his memory says", () => {
    put(snapshot(spec("a"), spec("b"), spec("c")));
    for (const key of memories.keys()) reconcile(key);
    put(snapshot(spec("a", 5), spec("b"), spec("c")));
    // A reconcile with the five replicas is under way now, and stores them after this:
    expect(put(snapshot(spec("a"), spec("b"), spec("c")))).toEqual([A]);
  });

  it("nobody again who was not concerned, and is told nothing twice", () => {
    const same = snapshot(spec("a"), spec("b"), spec("c"));
    put(same);
    for (const key of memories.keys()) reconcile(key);
    expect(put({ ...same })).toEqual([]);
    expect(put({ ...same })).toEqual([]);
    const before = memories.get(A);
    reconcile(A);
    expect(memories.get(A)).toBe(before);
  });

  it("a cluster that was forgotten and came back as if it were the first", () => {
    const same = snapshot(spec("a"), spec("b"), spec("c"));
    put(same);
    for (const key of memories.keys()) reconcile(key);
    cache.forget(A);
    expect(put({ ...same })).toEqual([A]);
  });
});
