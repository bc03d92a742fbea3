/** What is asked for at each look until it is seen is told once. */
import { describe, expect, it } from "vitest";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeSpec, type PlannerRun, readyRun } from "../../../support/planner/run.ts";

/** At each look a second one, a second later, that sees nothing yet of what the first one ordered. */
function lookTwice(run: PlannerRun, looks: number): void {
  for (let i = 0; i < looks; i++) {
    const observed = run.world.observed();
    run.reconcile();
    const late = plan({ memory: run.memory, observed, now: run.now + 1000, defaultImage: "image" });
    run.memory = { ...run.memory, events: late.memory.events };
  }
}

describe("an order that is given again before its effect is seen is told once", () => {
  it.each([
    ["MemberAdded", { replicas: 3 }, { replicas: 5 }, 2],
    ["MemberRemoved", { replicas: 5 }, { replicas: 3 }, 2],
  ] as const)("%s", (reason, before, after, members) => {
    const run = readyRun(before);
    run.world.etcd.leaderSlot = 0;
    run.untilReady();
    changeSpec(run, after);
    lookTwice(run, 40);
    const told = run.memory.events.filter((event) => event.reason === reason);
    expect(told.map(({ count }) => count)).toEqual(Array(members).fill(1));
  });

  it("LeaderMoved", () => {
    const run = readyRun();
    changeSpec(run, { resources: { ...run.memory.cluster.spec.resources, cpus: 0.5 } });
    lookTwice(run, 60);
    const told = run.memory.events.filter((event) => event.reason === "LeaderMoved");
    expect(told.map(({ count }) => count)).toEqual([1]);
  });
});
