import { describe, expect, it } from "vitest";
import type { Silence, UnitStatus } from "../../../../controller/model/agent-api.ts";
import {
  DEAD_MAX_MS,
  MOVE_EVERY_MS,
} from "../../../../controller/plan/health/leave-dead-jupyter.ts";
import type { ClusterSpec } from "../../../../crd-schema/spec.ts";
import { fakeCluster } from "../../../support/planner/fixtures.ts";
import { followersOf, type PlannerRun, readyRun, types } from "../../../support/planner/run.ts";

const silent = (how: Silence): Partial<UnitStatus> => ({
  ready: false,
  silent: { since: "2026-01-01T00:00:00.000Z", how },
});

/** A Ready cluster in which the leader's JupyterLab has just become silent. */
function runWith(how: Silence, spec: Partial<ClusterSpec> = {}): PlannerRun {
  const run = readyRun(spec);
  run.world.units.set(run.world.leaderSlot as number, { jupyter: silent(how) });
  return run;
}

/** Reconciles for so long; whether leadership was moved in it. */
function movesWithin(run: PlannerRun, ms: number): boolean {
  const end = run.now + ms;
  let moved = false;
  while (run.now < end) moved = types(run.reconcile().actions).includes("MoveLeader") || moved;
  return moved;
}

describe("leadership", () => {
  it.each(["stopped", "refused"] as const)("leaves a JupyterLab that is %s, soon", (how) => {
    const run = runWith(how);
    const old = run.world.leaderSlot;
    const first = run.reconcile();
    expect(first.requeueAt).toBeLessThanOrEqual(run.now + DEAD_MAX_MS);
    expect(movesWithin(run, DEAD_MAX_MS - 400)).toBe(false);
    expect(movesWithin(run, 1_000)).toBe(true);
    expect(run.world.leaderSlot).not.toBe(old);
    expect(run.memory.events.at(-1)?.reason).toBe("LeaderMoved");
  });

  it("stays with one that runs and is busy: its kernels are there", () => {
    expect(movesWithin(runWith("unanswered"), 120_000)).toBe(false);
  });

  it("stays with one that answers again in time", () => {
    const run = runWith("stopped");
    expect(movesWithin(run, DEAD_MAX_MS - 1_000)).toBe(false);
    run.world.units.clear();
    run.reconcile();
    run.world.units.set(run.world.leaderSlot as number, { jupyter: silent("stopped") });
    expect(movesWithin(run, DEAD_MAX_MS - 1_000)).toBe(false);
  });

  it("goes to a node that lacks nothing, and to no other", () => {
    const run = runWith("stopped");
    const [lame = 0, well] = followersOf(run);
    run.world.units.set(lame, { sshd: { ready: false } });
    expect(movesWithin(run, DEAD_MAX_MS + 1_000)).toBe(true);
    expect(run.world.leaderSlot).toBe(well);
  });

  it("stays where no other JupyterLab answers", () => {
    const jupyter = { ...fakeCluster().spec.jupyter, standby: "cold" } as const;
    const run = runWith("stopped", { jupyter });
    for (const slot of followersOf(run)) {
      run.world.units.set(slot, { jupyter: { state: "stopped", ready: false } });
    }
    expect(movesWithin(run, 2 * DEAD_MAX_MS)).toBe(false);
  });

  it("does not move on and on when all of them die one after another", () => {
    const run = runWith("stopped");
    expect(movesWithin(run, DEAD_MAX_MS + 1_000)).toBe(true);
    run.world.units.clear();
    run.world.units.set(run.world.leaderSlot as number, { jupyter: silent("stopped") });
    expect(movesWithin(run, MOVE_EVERY_MS - 2_000)).toBe(false);
    expect(movesWithin(run, 4_000)).toBe(true);
  });

  it("waits no longer because the clock was set back", () => {
    const run = runWith("stopped");
    run.reconcile();
    run.now -= 3_600_000;
    expect(movesWithin(run, DEAD_MAX_MS + 1_000)).toBe(true);
  });
});
