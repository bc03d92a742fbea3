/** What becomes of a running cluster when its spec file changes, breaks, or goes. */
import { describe, expect, it } from "vitest";
import { completeMemory } from "../../../controller/model/complete-memory.ts";
import { type SpecSnapshot, specSnapshot } from "../../../controller/model/spec-snapshot.ts";
import { applySpec } from "../../../controller/plan/apply-spec.ts";
import type { ManifestReading } from "../../../crd-schema/load.ts";
import type { ClusterSpec, Problem } from "../../../crd-schema/spec.ts";
import { fakeCluster, fakeMemory, T0 } from "../../support/planner/fixtures.ts";

function reading(patch: Partial<ManifestReading> = {}): SpecSnapshot {
  const nothing = { clusters: [], problems: [], files: ["cluster.yaml"], complete: true };
  return specSnapshot({ ...nothing, ...patch });
}

function problem(patch: Partial<Problem> = {}): Problem {
  const place = { file: "cluster.yaml", line: 3, column: 5, field: "spec.replicas" };
  return { severity: "error", message: "is not a number", ...place, ...patch };
}

const take = (next: SpecSnapshot, spec: Partial<ClusterSpec> = {}) =>
  applySpec(fakeMemory(spec), next, T0 + 1000);

describe("a reading of the spec files", () => {
  it("that says the same changes nothing", () => {
    const memory = fakeMemory();
    expect(applySpec(memory, reading({ clusters: [fakeCluster()] }), T0)).toBe(memory);
  });

  it("raises the generation with a changed spec, and only with that", () => {
    const changed = take(reading({ clusters: [fakeCluster({ replicas: 5 })] }));
    expect([changed.generation, changed.cluster.spec.replicas]).toEqual([2, 5]);
    const moved = { ...fakeCluster(), source: { file: "other.yaml", line: 7 } };
    expect(take(reading({ clusters: [moved] })).generation).toBe(1);
  });

  it("that says the same in another order of fields changes nothing", () => {
    const { spec, ...rest } = fakeCluster();
    const entries = Object.entries(spec.etcd).reverse();
    const etcd = Object.fromEntries(entries) as unknown as ClusterSpec["etcd"];
    const memory = completeMemory({
      ...fakeMemory(),
      cluster: { ...rest, spec: { ...spec, etcd } },
    });
    expect(applySpec(memory, reading({ clusters: [fakeCluster()] }), T0).generation).toBe(1);
  });

  it("keeps the last good spec in force when the file is broken, and tells why", () => {
    const memory = take(reading({ problems: [problem()] }));
    expect(memory.cluster).toEqual(fakeCluster());
    expect(memory.problems).toEqual([problem()]);
    expect(memory.fileRemoved).toBe(false);
    expect(memory.events.at(-1)).toMatchObject({ type: "Warning", reason: "SpecRefused" });
  });

  it("is told without a field where the mistake is in no field", () => {
    const memory = take(reading({ problems: [problem({ field: "", message: "A tab." })] }));
    const { file, line, column } = problem();
    expect(memory.events.at(-1)?.message).toBe(`${file}:${line}:${column}: A tab.`);
  });

  it("is told when it is whole again, though nothing has changed by it", () => {
    const broken = take(reading({ problems: [problem()] }));
    const mended = applySpec(broken, reading({ clusters: [fakeCluster()] }), T0 + 2000);
    expect(mended.events.at(-1)).toMatchObject({
      type: "Normal",
      reason: "SpecAccepted",
      message: "the spec has no errors any more: generation 1 stays in force",
    });
  });

  it("tells a cluster of its own file's problems and of no other's", () => {
    const mine = [problem(), problem({ line: 4 })];
    const problems = [problem({ file: "other.yaml" }), ...mine];
    expect(take(reading({ problems, files: ["cluster.yaml", "other.yaml"] })).problems).toEqual(
      mine,
    );
  });

  it("takes the first of two clusters of one name", () => {
    const clusters = [fakeCluster({ replicas: 5 }), fakeCluster({ replicas: 7 })];
    expect(take(reading({ clusters })).cluster.spec.replicas).toBe(5);
  });

  it("refuses a change of what cannot change, and keeps the rest of the file out too", () => {
    const network = { ...fakeCluster().spec.network, subnet: "172.30.1.0/24" };
    const memory = take(reading({ clusters: [fakeCluster({ network, replicas: 5 })] }));
    expect([memory.generation, memory.cluster.spec.replicas]).toEqual([1, 3]);
    expect(memory.problems.map((p) => p.field)).toContain("spec.network.subnet");
  });

  it("takes a file that is gone for removed", () => {
    const gone = problem({ line: null, column: null, field: "", message: "is not there" });
    expect(take(reading({ files: [], problems: [gone] })).fileRemoved).toBe(true);
  });

  it("takes a cluster that left its file for removed", () => {
    const other = { ...fakeCluster(), metadata: { ...fakeCluster().metadata, name: "other" } };
    expect(take(reading({ clusters: [other] })).fileRemoved).toBe(true);
  });

  it("takes nothing for removed when a directory could not be read", () => {
    expect(take(reading({ files: [], complete: false })).fileRemoved).toBe(false);
  });

  it("takes a cluster back whose file is there again", () => {
    const removed = { ...fakeMemory(), fileRemoved: true };
    const back = applySpec(removed, reading({ clusters: [fakeCluster()] }), T0);
    expect([back.fileRemoved, back.generation]).toEqual([false, 1]);
  });
});
