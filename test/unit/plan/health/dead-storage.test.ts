import { describe, expect, it } from "vitest";
import {
  DEAD_STORAGE_MAX_MS,
  MOVE_STORAGE_EVERY_MS,
} from "../../../../controller/plan/health/leave-dead-storage.ts";
import type { ClusterSpec } from "../../../../crd-schema/spec.ts";
import { followersOf, type PlannerRun, readyRun, types } from "../../../support/planner/run.ts";

const DEAD = "/shared is dead: Transport endpoint is not connected";

function leaderOf(run: PlannerRun): number {
  return run.world.leaderSlot as number;
}

/** A Ready cluster in which the leader's storage has just died. */
function deadRun(spec: Partial<ClusterSpec> = {}): PlannerRun {
  const run = readyRun(spec);
  run.world.storageFaults.set(leaderOf(run), DEAD);
  return run;
}

/** Reconciles for so long; how often leadership was moved in it. */
function movesWithin(run: PlannerRun, ms: number): number {
  const end = run.now + ms;
  let moves = 0;
  while (run.now < end) if (types(run.reconcile().actions).includes("MoveLeader")) moves += 1;
  return moves;
}

describe("leadership leaves a node whose mount alone is dead", () => {
  it.each([2, 3, 5])("of %i, once its agent has had time to mount it anew", (replicas) => {
    const run = deadRun({ replicas });
    const old = leaderOf(run);
    expect(run.reconcile().requeueAt).toBeLessThanOrEqual(run.now + DEAD_STORAGE_MAX_MS);
    expect(movesWithin(run, DEAD_STORAGE_MAX_MS - 2_000)).toBe(0);
    expect(movesWithin(run, 4_000)).toBe(1);
    expect(leaderOf(run)).not.toBe(old);
    const { reason, message } = run.memory.events.findLast((e) => e.reason === "LeaderMoved") ?? {};
    expect({ reason, message }).toMatchObject({ message: expect.stringContaining(DEAD) });
    const told = run.reconcile().status.conditions.find((c) => c.type === "StorageReady");
    expect(told).toMatchObject({ status: "False", message: expect.stringContaining(DEAD) });
  });

  it("for one that has its storage, and for no other", () => {
    const run = deadRun({ replicas: 5 });
    const [dead = 0, lame = 0, ...well] = followersOf(run);
    run.world.storageFaults.set(dead, DEAD);
    run.world.units.set(lame, { sshd: { ready: false } });
    expect(movesWithin(run, DEAD_STORAGE_MAX_MS + 2_000)).toBe(1);
    expect(well).toContain(leaderOf(run));
  });
});

describe("leadership stays", () => {
  it("where the storage is back in time, and the wait begins anew", () => {
    const run = deadRun();
    expect(movesWithin(run, DEAD_STORAGE_MAX_MS - 2_000)).toBe(0);
    run.world.storageFaults.clear();
    run.reconcile();
    run.world.storageFaults.set(leaderOf(run), DEAD);
    expect(movesWithin(run, DEAD_STORAGE_MAX_MS - 2_000)).toBe(0);
  });

  it("where most lack the storage: its servers are away", () => {
    const run = deadRun();
    for (const slot of followersOf(run).slice(1)) run.world.storageFaults.set(slot, DEAD);
    expect(movesWithin(run, 10 * DEAD_STORAGE_MAX_MS)).toBe(0);
  });

  it("where nothing is known of the others, or of the leader itself", () => {
    const others = deadRun();
    for (const slot of followersOf(others)) others.world.blind.add(slot);
    expect(movesWithin(others, 20_000)).toBe(0);
    const itself = deadRun();
    itself.reconcile();
    itself.world.blind.add(leaderOf(itself));
    expect(movesWithin(itself, 20_000)).toBe(0);
  });

  it("for a while where it has just come for the same reason: mounts that die in turn", () => {
    const run = deadRun();
    expect(movesWithin(run, DEAD_STORAGE_MAX_MS + 2_000)).toBe(1);
    run.world.storageFaults.clear();
    run.world.storageFaults.set(leaderOf(run), DEAD);
    expect(movesWithin(run, MOVE_STORAGE_EVERY_MS - 5_000)).toBe(0);
    expect(movesWithin(run, 8_000)).toBe(1);
  });
});
