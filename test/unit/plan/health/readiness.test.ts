/**
 * Decisions that the simulator found wrong, each as the smallest case of it (docs/decisions/0007).
 */
import { describe, expect, it } from "vitest";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { fakeMemory } from "../../../support/planner/fixtures.ts";
import { changeSpec, readyRun } from "../../../support/planner/run.ts";

const BROKEN = { state: "backoff", ready: false, pid: null, restarts: 5, lastExit: null } as const;

describe("a node of an older template", () => {
  it("is not expected to run a Jupyter that it was never told to run", () => {
    const { jupyter } = fakeMemory().cluster.spec;
    const run = readyRun({ jupyter: { ...jupyter, standby: "cold" }, updateStrategy: "OnDelete" });
    changeSpec(run, { jupyter: { ...jupyter, standby: "warm" } });
    const { leaderSlot } = run.world;
    const observed = changeAgents(run.world.observed(), ({ slot, units }) =>
      slot === leaderSlot ? {} : { units: { ...units, jupyter: { ...BROKEN, state: "stopped" } } },
    );
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    expect(decided.status.phase).toBe("Progressing");
    expect(decided.status.readyReplicas).toBe(3);
  });
});
