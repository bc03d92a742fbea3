/**
 * A quorum that is lost for good: what is done by itself, what is waited for, what is left to
 * people.
 */
import { describe, expect, it } from "vitest";
import { fresh, unknown } from "../../../../controller/model/observed.ts";
import type { SnapshotInfo } from "../../../../controller/model/snapshot.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { fakeTask } from "../../../support/planner/fixtures.ts";
import { changeSpec, condition, type PlannerRun, readyRun } from "../../../support/planner/run.ts";

const SNAPSHOT: SnapshotInfo = {
  id: "20260101T000000000Z-r9",
  takenAt: "2026-01-01T00:00:00.000Z",
  revision: 9,
  keys: 3,
  sizeBytes: 20_480,
  sha256: "ab".repeat(32),
  clusterId: "c1",
};

function killAll(run: PlannerRun): void {
  for (const slot of run.world.runningSlots()) run.world.kill(slot);
}

/** Every container dies, and these slots' volumes with them. */
function loseVolumes(run: PlannerRun, slots: readonly number[]): void {
  killAll(run);
  for (const slot of slots) run.world.loseVolume(slot);
}

function reasonOf(decided: Plan, type: string): string | undefined {
  return decided.status.conditions.find((c) => c.type === type)?.reason;
}

function untilReason(run: PlannerRun, reason: string): Plan {
  return run.until((p) => reasonOf(p, "Quorate") === reason);
}

function events(run: PlannerRun): string[] {
  return run.memory.events.map((e) => e.reason);
}

describe("a quorum whose containers all died", () => {
  it("comes back on its data, with the same members", () => {
    const run = readyRun();
    const { members } = run.world;
    killAll(run);
    run.untilReady();
    expect(run.world.members).toEqual(members);
    expect(run.memory.recovery.epoch).toBe(0);
    expect(run.world.violations).toEqual([]);
  });
});

describe("a quorum of which a majority has lost its data", () => {
  it("goes on from the survivor with the newest log, after the grace", () => {
    const run = readyRun({ replicas: 5 });
    loseVolumes(run, [0, 1, 2]);
    const volume = run.world.etcd.volumes.get(4);
    if (volume) volume.index += 1;
    const begun = run.now;
    const decided = run.until((p) => p.memory.recovery.inProgress !== null);
    expect(decided.memory.recovery.inProgress).toMatchObject({ from: "survivor", slot: 4 });
    expect(run.now - begun).toBeGreaterThanOrEqual(10_000);
    run.untilReady();
    expect(run.world.violations).toEqual([]);
    expect(run.world.etcd.clusterIds).toEqual(["c1"]);
    expect(run.memory.recovery.last).toMatchObject({ from: "survivor", slot: 4 });
    expect(events(run)).toEqual(
      expect.arrayContaining(["QuorumLost", "RecoveryBegun", "Recovered"]),
    );
  });

  it("lets no other survivor of the former time resume while there is no quorum", () => {
    const run = readyRun({ replicas: 5 });
    loseVolumes(run, [0, 1, 2]);
    run.until((p) => p.memory.recovery.inProgress !== null);
    killAll(run);
    run.untilReady();
    expect(run.world.violations).toEqual([]);
  });

  it("waits for a survivor that is out of sight, for it may know more", () => {
    const run = readyRun({ replicas: 5 });
    loseVolumes(run, [0, 1, 2]);
    run.world.blind.add(3);
    const decided = untilReason(run, "QuorumLost");
    for (let i = 0; i < 100; i++) run.reconcile();
    // A new beginning that is over leaves no recovery behind, but counts.
    expect(run.memory.recovery).toMatchObject({ inProgress: null, epoch: 0 });
    expect(reasonOf(decided, "Quorate")).toBe("QuorumLost");
    run.world.blind.delete(3);
    run.untilReady();
    expect(run.world.violations).toEqual([]);
  });

  it("is not thought lost while hosts are out of sight: they may be a living majority", () => {
    const run = readyRun();
    run.world.blind.add(0).add(1);
    for (let i = 0; i < 400; i++) run.reconcile();
    expect(run.memory.recovery).toMatchObject({ lostSince: null, epoch: 0 });
  });

  it("is left to people when the spec says so", () => {
    const run = readyRun();
    const { etcd } = run.memory.cluster.spec;
    changeSpec(run, { etcd: { ...etcd, recovery: { mode: "Manual", graceSeconds: 0 } } });
    loseVolumes(run, [0, 1]);
    untilReason(run, "QuorumLost");
    for (let i = 0; i < 100; i++) run.reconcile();
    expect(run.memory.recovery.epoch).toBe(0);
    changeSpec(run, { etcd });
    run.untilReady();
    expect(run.world.violations).toEqual([]);
  });

  it("begins with the next survivor when the chosen one has lost its data as well", () => {
    const run = readyRun({ replicas: 5 });
    loseVolumes(run, [0, 1, 2]);
    run.until((p) => p.memory.recovery.inProgress !== null);
    const first = run.memory.recovery.inProgress?.slot as number;
    run.world.etcd.leaderSlot = null;
    run.world.loseVolume(first);
    run.untilReady();
    expect(run.world.etcd.clusterIds.at(0)).toBe("c1");
    expect(run.memory.recovery.epoch).toBeGreaterThanOrEqual(1);
  });
});

describe("a quorum of which nobody has data any more", () => {
  it("goes back to the newest snapshot, as a new cluster, and says what is lost", () => {
    const run = readyRun();
    run.world.snapshots = fresh([{ ...SNAPSHOT, id: "20250101T000000000Z-r1" }, SNAPSHOT]);
    loseVolumes(run, [0, 1, 2]);
    run.untilReady();
    expect(run.world.violations).toEqual([]);
    expect(run.world.etcd.clusterIds).toHaveLength(2);
    const { last, abandoned } = run.memory.recovery;
    expect(last).toMatchObject({ from: "snapshot", snapshotId: SNAPSHOT.id, revision: 9 });
    expect(last?.message).toContain("everything up to revision 9 is there");
    expect(abandoned).toEqual(["c1"]);
    expect(run.memory.bootstrap).toEqual({
      phase: "done",
      clusterId: run.world.etcd.clusterIds.at(-1),
    });
  });

  it("leaves snapshots of an earlier cluster with the same name alone", () => {
    const run = readyRun();
    run.world.snapshots = fresh([{ ...SNAPSHOT, clusterId: "e0" }]);
    loseVolumes(run, [0, 1, 2]);
    for (let i = 0; i < 150; i++) run.reconcile();
    expect(run.memory.recovery.epoch).toBe(0);
  });

  it("takes the next snapshot when the newest turns out to be damaged", () => {
    const run = readyRun();
    const older = { ...SNAPSHOT, id: "20250101T000000000Z-r1", sha256: "cd".repeat(32) };
    run.world.snapshots = fresh([older, SNAPSHOT]);
    loseVolumes(run, [0, 1, 2]);
    run.until((p) => p.memory.recovery.lostSince !== null);
    run.world.damaged.add(SNAPSHOT.id);
    run.until((p) => p.memory.recovery.inProgress !== null);
    run.world.snapshots = fresh([older]);
    run.untilReady();
    expect(run.world.violations).toEqual([]);
    expect(run.memory.recovery.last?.snapshotId).toBe(older.id);
  });

  it("wipes data of the cluster that was given up when its volume is found again", () => {
    const run = readyRun();
    run.world.snapshots = fresh([SNAPSHOT]);
    const found = run.world.etcd.volumes.get(2);
    loseVolumes(run, [0, 1, 2]);
    run.untilReady();
    run.world.kill(2);
    if (found) run.world.etcd.volumes.set(2, found);
    run.untilReady();
    expect(run.world.violations).toEqual([]);
    expect(run.world.etcd.volumes.get(2)?.clusterId).toBe(run.world.etcd.clusterIds.at(-1));
  });

  it("stops without a snapshot, and says what a person must decide", () => {
    const run = readyRun();
    loseVolumes(run, [0, 1, 2]);
    const decided = run.until(
      (p) => condition(p, "Quorate") === "False" && run.memory.recovery.lostSince !== null,
    );
    for (let i = 0; i < 100; i++) run.reconcile();
    const quorate = run.reconcile().status.conditions.find((c) => c.type === "Quorate");
    expect(quorate?.message).toContain("A person must decide");
    expect(decided.memory.recovery.epoch).toBe(0);
    expect(run.world.etcd.clusterIds).toEqual(["c1"]);
  });

  it("does not take a list that cannot be read for an empty one", () => {
    const run = readyRun();
    run.world.snapshots = unknown("the directory cannot be read");
    loseVolumes(run, [0, 1, 2]);
    for (let i = 0; i < 200; i++) run.reconcile();
    const quorate = run.reconcile().status.conditions.find((c) => c.type === "Quorate");
    expect(quorate?.message).toContain("cannot be read");
    run.world.snapshots = fresh([SNAPSHOT]);
    run.untilReady();
    expect(run.memory.recovery.last?.from).toBe("snapshot");
  });
});

describe("a restore that a person asks for", () => {
  const asked = (run: PlannerRun, requested: Plan["memory"]["recovery"]["requested"]) => {
    run.memory = { ...run.memory, recovery: { ...run.memory.recovery, requested } };
  };

  it("stops every container, then begins from the snapshot", () => {
    const run = readyRun();
    run.world.snapshots = fresh([SNAPSHOT]);
    asked(run, { from: "snapshot", snapshot: SNAPSHOT });
    const former = run.memory.slots.map((s) => s.task?.taskId);
    run.until((p) => p.memory.recovery.inProgress !== null);
    expect(former.map((id) => run.world.tasks.get(id ?? "")?.state)).toEqual([
      "TASK_KILLED",
      "TASK_KILLED",
      "TASK_KILLED",
    ]);
    run.untilReady();
    expect(run.world.violations).toEqual([]);
    expect(run.memory.recovery.last?.from).toBe("snapshot");
  });

  it("begins empty when that is what was asked for", () => {
    const run = readyRun();
    asked(run, { from: "nothing" });
    run.until((p) => p.memory.recovery.inProgress !== null);
    run.untilReady();
    expect(run.world.violations).toEqual([]);
    expect(run.memory.recovery.last?.message).toContain("all earlier keys are lost");
  });

  it("waits for a container that was given up in the same reconcile: it may run on out of sight", () => {
    const run = readyRun({ replicas: 1, unreachable: { replaceAfterSeconds: 60 } });
    const taskId = run.memory.slots[0]?.task?.taskId ?? "";
    run.world.tasks.set(taskId, fakeTask(taskId, "TASK_UNREACHABLE"));
    run.world.blind.add(0);
    const decide = () => {
      const { memory, now, world } = run;
      run.memory = plan({ memory, observed: world.observed(), now, defaultImage: "i" }).memory;
      return run.memory;
    };
    expect(decide().slots[0]?.task).not.toBeNull();
    asked(run, { from: "nothing" });
    run.now += 60_000;
    expect(decide().slots[0]?.task).toBeNull();
    expect(run.memory.recovery).toMatchObject({ inProgress: null, requested: { from: "nothing" } });
  });
});
