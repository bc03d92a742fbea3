/**
 * Decisions that the simulator found wrong, each as the smallest case of it (docs/decisions/0007).
 */
import { describe, expect, it } from "vitest";
import {
  fresh,
  type ObservedImage,
  type Source,
  unknown,
} from "../../../../controller/model/observed.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { changeSpec, readyRun } from "../../../support/planner/run.ts";

const BROKEN = { state: "backoff", ready: false, pid: null, restarts: 5, lastExit: null } as const;

describe("a rolling update", () => {
  it("stops nobody for an image that is not there, or not known to be", () => {
    const run = readyRun();
    changeSpec(run, { image: "other" });
    const { memory, now } = run;
    const stoppedWith = (image: Source<ObservedImage>) => {
      const observed = { ...run.world.observed(), image };
      const decided = plan({ memory, observed, now, defaultImage: "image" });
      return decided.memory.slots.filter((s) => s.task?.killRequestedAt != null).length;
    };
    expect(stoppedWith(fresh({ state: "absent", reference: "other" }))).toBe(0);
    expect(stoppedWith(unknown("Docker has not been asked yet"))).toBe(0);
    expect(stoppedWith(fresh({ state: "present", reference: "other" }))).toBe(1);
  });

  it("waits while fewer members vote than the spec wants", () => {
    const run = readyRun({ replicas: 1 });
    changeSpec(run, { replicas: 3 });
    const isThere = (isLearner: boolean, count: number) =>
      run.world.members.filter((m) => m.isLearner === isLearner).length === count;
    run.until(() => isThere(false, 2) && isThere(true, 1));
    changeSpec(run, { image: "other" });
    const { leaderSlot } = run.world;
    const observed = changeAgents(run.world.observed(), ({ slot, units }) =>
      slot === leaderSlot ? {} : { units: { ...units, jupyter: BROKEN } },
    );
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    const killed = decided.memory.slots.filter((s) => s.task?.killRequestedAt != null);
    // The learner has no vote yet.
    expect(killed.map((s) => s.slot)).toEqual([2]);
  });
});
