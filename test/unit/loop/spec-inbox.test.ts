/** Whom a new reading of the spec files concerns. */
import { beforeEach, describe, expect, it } from "vitest";
import { SpecInbox } from "../../../controller/loop/spec-inbox.ts";
import { clusterKey } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { newMemory, type SpecReading } from "../../../controller/plan/intake.ts";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import { fakeCluster, T0 } from "../../support/planner/fixtures.ts";

const [A, B, C] = ["default/a", "default/b", "default/c"] as const;

let inbox: SpecInbox;
const memories = new Map<string, ClusterMemory>();

function spec(name: string, replicas = 3): CompiledCluster {
  const base = fakeCluster({ replicas });
  return {
    ...base,
    metadata: { ...base.metadata, name },
    source: { file: `${name}.yaml`, line: 1 },
  };
}

function reading(...clusters: readonly CompiledCluster[]): SpecReading {
  return { clusters, problems: [], files: clusters.map((c) => c.source.file), complete: true };
}

function put(next: SpecReading): readonly string[] {
  return inbox.put(next, memories, T0);
}

/** As a visit does. */
function visit(key: string): void {
  const before = memories.get(key);
  if (before === undefined) throw new Error(`no cluster ${key}`);
  memories.set(key, inbox.take(key, before, T0));
  inbox.taken(key, inbox.newest);
}

function replicasOf(key: string): number | undefined {
  return memories.get(key)?.cluster.spec.replicas;
}

beforeEach(() => {
  inbox = new SpecInbox();
  const secrets = { agentToken: "agent", jupyterToken: "jupyter", cookieSecret: "cookie" };
  for (const cluster of [spec("a"), spec("b"), spec("c")]) {
    const memory = newMemory(cluster, { uid: "0123456789abcdef", secrets }, T0);
    memories.set(clusterKey(cluster.metadata), memory);
  }
});

describe("a reading of the spec files concerns", () => {
  it("everybody when it is the first", () => {
    expect(put(reading(spec("a"), spec("b"), spec("c")))).toEqual([A, B, C]);
  });

  it("those alone for whom it says something new", () => {
    put(reading(spec("a"), spec("b"), spec("c")));
    for (const key of memories.keys()) visit(key);
    expect(put(reading(spec("a"), spec("b", 5), spec("c")))).toEqual([B]);
    visit(B);
    expect(replicasOf(B)).toBe(5);
    expect(put(reading(spec("a"), spec("b", 5)))).toEqual([C]);
    const [first] = [{ severity: "warning", file: "a.yaml", line: 1, column: 1 } as const];
    const problems = [{ ...first, field: "spec", message: "is odd" }];
    visit(C);
    expect(memories.get(C)?.fileRemoved).toBe(true);
    expect(put({ ...reading(spec("a"), spec("b", 5)), problems })).toEqual([A]);
  });

  it("whoever has not taken in the one before, even if it says what his memory says", () => {
    put(reading(spec("a"), spec("b"), spec("c")));
    for (const key of memories.keys()) visit(key);
    put(reading(spec("a", 5), spec("b"), spec("c")));
    // A visit with the five replicas is under way now, and stores them after this:
    expect(put(reading(spec("a"), spec("b"), spec("c")))).toEqual([A]);
  });

  it("nobody again who was not concerned, and is told nothing twice", () => {
    const same = reading(spec("a"), spec("b"), spec("c"));
    put(same);
    for (const key of memories.keys()) visit(key);
    expect(put({ ...same })).toEqual([]);
    expect(put({ ...same })).toEqual([]);
    const before = memories.get(A);
    visit(A);
    expect(memories.get(A)).toBe(before);
  });

  it("a cluster that was forgotten and came back as if it were the first", () => {
    const same = reading(spec("a"), spec("b"), spec("c"));
    put(same);
    for (const key of memories.keys()) visit(key);
    inbox.forget(A);
    expect(put({ ...same })).toEqual([A]);
  });
});
