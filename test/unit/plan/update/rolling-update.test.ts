/**
 * Decisions that the simulator found wrong, each as the smallest case of it (docs/decisions/0007).
 */
import { describe, expect, it } from "vitest";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { changeSpec, readyRun } from "../../../support/planner/run.ts";

const BROKEN = { state: "backoff", ready: false, pid: null, restarts: 5, lastExit: null } as const;

describe("a rolling update", () => {
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
