/**
 * Decisions that the simulator found wrong, each as the smallest case of it (docs/decisions/0007).
 */
import { describe, expect, it } from "vitest";
import { SILENT_MAX_MS } from "../../../../controller/plan/health/stop-silent.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { decide } from "../../../support/planner/condition-table.ts";
import { unsupported } from "../../../support/planner/unsupported.ts";
import { changeSpec, type PlannerRun, readyRun, types } from "../../../support/planner/run.ts";

describe("a node whose agent does not answer", () => {
  function silent(slots: readonly number[]): PlannerRun {
    const run = readyRun();
    for (const slot of slots) run.world.blind.add(slot);
    run.reconcile();
    run.now += SILENT_MAX_MS;
    return run;
  }

  it("is ended when the others are a quorum without it", () => {
    const run = silent([2]);
    expect(types(run.reconcile().actions)).toContain("KillTask");
  });

  it("goes on when the quorum needs it: only its agent may be out of sight", () => {
    const run = silent([2]);
    const other = run.world.etcd.leaderSlot === 0 ? 1 : 0;
    const observed = changeAgents(run.world.observed(), ({ slot }) =>
      slot === other ? { phase: "awaiting-start", data: { state: "empty" }, etcd: null } : {},
    );
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    expect(decided.memory.slots[2]?.task?.killRequestedAt).toBeNull();
  });
});

describe("a node whose agent speaks no version of the API that is known here", () => {
  it("is not silent, and goes on", () => {
    const run = readyRun();
    run.world.blind.add(2);
    run.reconcile();
    run.now += SILENT_MAX_MS;
    expect(types(decide(run).actions)).toContain("KillTask");
    expect(types(unsupported(run, 2).actions)).not.toContain("KillTask");
  });

  it("is replaced when its template is old and the others are a quorum without it", () => {
    const run = readyRun();
    changeSpec(run, { image: "other" });
    const leader = run.world.etcd.leaderSlot ?? 0;
    const slot = leader === 2 ? 1 : 2;
    expect(types(unsupported(run, slot).actions)).toEqual(["KillTask"]);
    expect(types(unsupported(run, 0, 1, 2).actions)).toEqual([]);
  });
});
