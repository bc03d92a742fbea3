/** The planner against a world that is broken at random: it converges, and never does harm. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../controller/plan/input.ts";
import { slotCount } from "../../crd-schema/slots.ts";
import { FakeWorld } from "../support/planner/fake-world.ts";
import { fakeMemory } from "../support/planner/fixtures.ts";
import { changeSpec, condition, PlannerRun } from "../support/planner/run.ts";

type Fault =
  | { readonly kind: "kill"; readonly slot: number }
  | { readonly kind: "loseVolume"; readonly slot: number }
  | { readonly kind: "replicas"; readonly replicas: number }
  | { readonly kind: "standby"; readonly standby: "none" | "learner" }
  | { readonly kind: "reconciles"; readonly count: number };

const slot = fc.integer({ min: 0, max: 4 });
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant("kill" as const), slot }),
  fc.record({ kind: fc.constant("replicas" as const), replicas: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant("reconciles" as const), count: fc.integer({ min: 1, max: 12 }) }),
);

function inject(run: PlannerRun, what: Fault): void {
  if (what.kind === "kill") run.world.kill(what.slot);
  if (what.kind === "loseVolume") run.world.loseVolume(what.slot);
  if (what.kind === "replicas") {
    const { cluster } = run.memory;
    const spec = { ...cluster.spec, replicas: what.replicas };
    run.memory = { ...run.memory, cluster: { ...cluster, spec } };
  }
  if (what.kind === "standby") {
    const { etcd } = run.memory.cluster.spec;
    changeSpec(run, { etcd: { ...etcd, standby: what.standby } });
  }
  if (what.kind === "reconciles") for (let i = 0; i < what.count; i++) run.reconcile();
}

function untilWhole(run: PlannerRun): void {
  const { spec } = run.memory.cluster;
  const slots = slotCount(spec);
  const standsBy = ({ status }: Plan) => status.nodes.some((n) => n.phase === "Standby");
  run.until((p) => {
    const isWhole = condition(p, "Ready") === "True" && run.world.members.length === slots;
    return isWhole && standsBy(p) === slots > spec.replicas;
  });
  for (let i = 0; i < 10; i++) run.reconcile();
}

function expectWhole(run: PlannerRun): void {
  const { spec } = run.memory.cluster;
  const { world } = run;
  const learners = world.members.filter((m) => m.isLearner);
  expect(learners).toHaveLength(slotCount(spec) - spec.replicas);
  const spare = learners[0]?.name;
  expect(world.violations).toEqual([]);
  expect(world.runningSlots()).toEqual(Array.from({ length: slotCount(spec) }, (_, i) => i));
  expect(world.members.map((m) => m.name).sort()).toEqual(
    world.runningSlots().map((s) => `slot-${s}`),
  );
  const named = world.hosts?.names.toSorted((a, b) => a.slot - b.slot) ?? [];
  expect(named.map((n) => `slot-${n.slot}`)).toEqual(
    world
      .runningSlots()
      .map((s) => `slot-${s}`)
      .filter((name) => name !== spare),
  );
  expect(world.hosts?.names[0]?.slot).toBe(world.leaderSlot);
}

describe("the planner", () => {
  it("converges after any sequence of kills and changes of replicas", () => {
    fc.assert(
      fc.property(fc.array(fault, { maxLength: 25 }), (faults) => {
        const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
        for (const what of faults) inject(run, what);
        run.untilReady();
        expectWhole(run);
      }),
      { numRuns: 300 },
    );
  });

  it("does so with a spare too, that comes and goes: as many voters as replicas, and one learner", () => {
    const asked = fc.record({
      kind: fc.constant("standby" as const),
      standby: fc.constantFrom("none" as const, "learner" as const),
    });
    const lost = fc.record({ kind: fc.constant("loseVolume" as const), slot });
    const sized = fault.filter((f) => f.kind !== "replicas" || f.replicas >= 3);
    const faults = fc.oneof(sized, sized, asked, lost);
    fc.assert(
      fc.property(fc.array(fc.array(faults, { maxLength: 4 }), { maxLength: 8 }), (all) => {
        const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
        inject(run, { kind: "standby", standby: "learner" });
        for (const some of all) {
          // One loss of data at a time: that of a quorum is told by other tests. And none while etcd forms: what the
          // planner then thinks that the cluster's id is, is etcd's, and the fake world has ids of its own.
          let losses = 0;
          for (const what of some) {
            const isFormed = run.memory.bootstrap?.phase === "done";
            if (what.kind !== "loseVolume" || (isFormed && losses++ === 0)) inject(run, what);
          }
          untilWhole(run);
        }
        untilWhole(run);
        expectWhole(run);
      }),
      { numRuns: 300 },
    );
  });

  it("replaces the members whose data is lost, one after another, and keeps one history", () => {
    fc.assert(
      fc.property(fc.array(slot, { minLength: 1, maxLength: 6 }), (lost) => {
        const run = new PlannerRun(fakeMemory({ replicas: 5 }), new FakeWorld("172.30.0.10"));
        run.untilReady();
        for (const one of lost) {
          run.world.loseVolume(one);
          run.untilReady();
        }
        expectWhole(run);
        expect(run.world.etcd.clusterIds).toEqual(["c1"]);
      }),
      { numRuns: 100 },
    );
  });

  it("does nothing to a cluster that is as it should be", () => {
    const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
    run.untilReady();
    run.reconcile();
    const { memory } = run;
    const before = run.done.length;
    for (let i = 0; i < 20; i++) run.reconcile();
    expect(run.done.length).toBe(before);
    expect(run.memory).toBe(memory);
  });
});
