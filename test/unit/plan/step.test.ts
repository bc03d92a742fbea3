import { describe, expect, it } from "vitest";
import { desiredRunning, quorate, reconciled } from "../../../controller/plan/guards.ts";
import { PlanBuilder } from "../../../controller/plan/plan-builder.ts";
import { given, not, type PlanContext, type Step } from "../../../controller/plan/step.ts";
import { viewCluster } from "../../../controller/plan/view/cluster-view.ts";
import { readyRun } from "../../support/planner/run.ts";

const { memory, world, now } = readyRun();
const observed = world.observed();
const view = viewCluster({ memory, observed, now, defaultImage: "image" });

function isTaken(step: Step, seen = view): boolean {
  const plan = new PlanBuilder({ memory, now });
  step({ observed, view: seen }, plan);
  return plan.wantsOffers;
}

describe("a step behind guards", () => {
  const step = (_: PlanContext, plan: PlanBuilder) => {
    plan.wantsOffers = true;
  };

  it("is taken while all of them hold", () => {
    expect(isTaken(given([quorate, reconciled, desiredRunning], step))).toBe(true);
    expect(isTaken(given([], step))).toBe(true);
  });

  it("is not taken when one of them does not hold", () => {
    expect(isTaken(given([quorate, reconciled], step), { ...view, mesos: null })).toBe(false);
    expect(isTaken(given([quorate, not(desiredRunning)], step))).toBe(false);
  });

  it("finds in its context what the guards saw", () => {
    const seen: string[] = [];
    const tell = given([quorate, reconciled], ({ view: { etcd, mesos } }) => {
      // Neither is nullable here: the guards' types say so.
      seen.push(`${etcd.members.length} members, leader ${etcd.leader.slot}, ${mesos.frameworkId}`);
    });
    tell({ observed, view }, new PlanBuilder({ memory, now }));
    expect(seen).toEqual([`3 members, leader ${world.leaderSlot}, ${view.mesos?.frameworkId}`]);
  });
});

describe("the view", () => {
  it("is the same one while nothing has changed that shows in it", () => {
    const input = { memory, observed, now, defaultImage: "image" };
    const told = { ...memory, events: [], conditions: [] };
    expect(viewCluster({ ...input, memory: told }, view)).toBe(view);
    const slots = memory.slots.map((s) => (s.slot === 1 ? { ...s, task: null } : s));
    const again = viewCluster({ ...input, memory: { ...memory, slots } }, view);
    expect(again.nodes.map((n) => n.task === null)).toEqual([false, true, false]);
  });
});
