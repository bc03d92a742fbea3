/** Each snapshot, restore, defragmentation, rebalance and recovery as an object from its request to its end. */
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../../../controller/model/errors.ts";
import type { ObservedJob } from "../../../../controller/model/observed.ts";
import type { OperationStatus } from "../../../../controller/model/operation.ts";
import { fresh } from "../../../../controller/model/observed.ts";
import { applyRebalance } from "../../../../controller/plan/apply-rebalance.ts";
import { applyRestore } from "../../../../controller/plan/apply-restore.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { askForSnapshot } from "../../../../controller/plan/snapshots/asked-snapshot.ts";
import { timestamp } from "../../../../controller/plan/timestamp.ts";
import { conditionOf, snapshot } from "../../../support/planner/decide.ts";
import { ANNA, fakeCluster } from "../../../support/planner/fixtures.ts";
import { afterGrace, lostRun } from "../../../support/planner/lost-quorum.ts";
import { type PlannerRun, readyRun } from "../../../support/planner/run.ts";
import { Site } from "../../../support/planner/site.ts";

const PAGE = { via: "Page", user: null } as const;

function ask(run: PlannerRun): number {
  const asked = askForSnapshot(run.memory, ANNA, run.now);
  run.memory = asked.memory;
  return asked.number;
}

/** One more look, with these jobs. */
function look(run: PlannerRun, jobs: readonly ObservedJob[] = []): Plan {
  const observed = { ...run.world.observed(), jobs };
  const decided = plan({ memory: run.memory, observed, now: run.now, defaultImage: "image" });
  run.memory = decided.memory;
  run.now += 1_000;
  return decided;
}

function job(operation: number, over: Partial<ObservedJob> = {}): ObservedJob {
  const shown = { key: "SaveSnapshot", state: "running", since: 0, error: null } as const;
  return { ...shown, snapshot: null, operation, ...over };
}

const told = (message: string) => ({
  code: "ERR_DISK_FULL",
  operation: "",
  message,
  observedAt: "",
});
const only = ({ status }: Plan): OperationStatus | undefined => status.operations.at(-1);
const saves = ({ actions }: Plan) => actions.filter((a) => a.type === "SaveSnapshot");

describe("a snapshot that a person asks for", () => {
  it("is remembered with who asked before it begins, and ends with what was saved", () => {
    const run = readyRun();
    const askedAt = timestamp(run.now);
    const number = ask(run);
    expect(run.memory.operations).toMatchObject([{ state: "Pending", startedAt: null }]);
    const begun = look(run);
    expect(saves(begun)).toMatchObject([{ operation: number, slot: run.world.leaderSlot }]);
    expect(only(begun)).toEqual({
      ...{ id: "snapshot-1", kind: "SaveSnapshot", state: "Processing", askedBy: ANNA, askedAt },
      ...{ startedAt: askedAt, endedAt: null, attempts: 1, slot: run.world.leaderSlot },
      message: `slot ${run.world.leaderSlot} hands over its data`,
      ...{ code: null, snapshotId: null },
    });
    expect(look(run, [job(number)]).actions).toEqual([]);
    const saved = snapshot(run.now, { id: "20260101T000000000Z-r9", revision: 9, keys: 3 });
    const done = look(run, [job(number, { state: "succeeded", snapshot: saved })]);
    expect(only(done)).toMatchObject({
      state: "Succeeded",
      endedAt: timestamp(run.now - 1_000),
      message: `${saved.id}: revision 9, 3 keys`,
      snapshotId: saved.id,
    });
    expect(saves(look(run, [job(number, { state: "succeeded", snapshot: saved })]))).toEqual([]);
  });

  it("waits for one that runs already, which may lack what was written since, and is one for all who wait", () => {
    const run = readyRun();
    const first = ask(run);
    look(run);
    const second = ask(run);
    expect(ask(run)).toBe(second);
    const waiting = look(run, [job(first)]);
    expect([saves(waiting), only(waiting)?.state]).toEqual([[], "Pending"]);
    const failed = job(first, { state: "failed", since: run.now, error: told("no room") });
    const next = look(run, [failed]);
    expect(saves(next)).toMatchObject([{ operation: second }]);
    expect(next.status.operations[0]).toMatchObject({
      state: "Failed",
      message: "no room",
      code: ERROR_CODES.DISK_FULL,
    });
  });

  it("is begun again by the next controller, and given up after three", () => {
    const run = readyRun();
    ask(run);
    for (const attempts of [1, 2, 3]) {
      const begun = look(run);
      expect([saves(begun).length, only(begun)?.attempts]).toEqual([1, attempts]);
    }
    expect(only(look(run))).toMatchObject({ state: "Failed", code: ERROR_CODES.TIMEOUT });
  });

  it("fails when no member has answered for five minutes", () => {
    const run = readyRun();
    for (const slot of [0, 1, 2]) run.world.blind.add(slot);
    ask(run);
    expect(only(look(run))?.state).toBe("Pending");
    run.now += 300_000;
    expect(only(look(run))).toMatchObject({
      state: "Failed",
      code: ERROR_CODES.ETCD_UNAVAILABLE,
    });
  });
});

describe("what the spec's schedule asks for", () => {
  const { etcd } = fakeCluster().spec;
  const every = { etcd: { ...etcd, snapshots: { ...etcd.snapshots, intervalSeconds: 60 } } };

  it("is tried again as the same operation after it failed, and told where a controller cut it off", () => {
    const run = readyRun();
    run.memory = { ...run.memory, cluster: fakeCluster(every) };
    const begun = look(run);
    expect(only(begun)).toMatchObject({ askedBy: { via: "Schedule" }, attempts: 1 });
    const error = told("no room");
    expect(only(look(run, [job(1, { state: "failed", since: 0, error })]))).toMatchObject({
      ...{ id: "snapshot-1", state: "Processing", attempts: 2 },
    });
    const cut = look(run);
    expect(only(cut)).toMatchObject({ id: "snapshot-1", state: "Processing", attempts: 3 });
    expect(conditionOf(cut, "BackupReady")).toMatchObject({ reason: "NoSnapshotYet" });
  });

  it("leaves what people did in sight: of its successes five are kept, of all twenty", () => {
    const run = readyRun();
    ask(run);
    look(run);
    run.memory = { ...run.memory, cluster: fakeCluster(every) };
    for (let at = 1; at < 40; at++) {
      run.now += 60_000;
      const taken = snapshot(run.now - 1);
      look(run, [job(at, { state: "succeeded", snapshot: taken })]);
    }
    const { operations } = run.memory;
    const people = operations.filter(({ asker }) => asker === ANNA);
    expect(people).toMatchObject([{ number: 1, state: "Succeeded" }]);
    expect(operations.filter(({ state }) => state === "Succeeded")).toHaveLength(6);
    for (let i = 0; i < 30; i++) {
      run.memory = applyRestore(run.memory, { from: "nothing" }, PAGE, run.now);
    }
    expect(run.memory.operations.length).toBeLessThanOrEqual(20);
  });
});

describe("a restore", () => {
  it("tells what has to end first, how far it is, and how much is there again", () => {
    const run = readyRun();
    const taken = snapshot(run.now, { revision: 9 });
    run.world.snapshots = fresh([taken]);
    run.memory = applyRestore(run.memory, { from: "snapshot", snapshot: taken }, PAGE, run.now);
    const first = run.reconcile();
    expect(only(first)).toMatchObject({
      ...{ id: "restore-1", kind: "Restore", state: "Pending", askedBy: PAGE },
      message: `snapshot ${taken.id}; 3 containers have to end first`,
      snapshotId: taken.id,
    });
    const begun = run.until((p) => p.memory.recovery.inProgress !== null);
    expect(only(begun)).toMatchObject({ state: "Processing", slot: 0 });
    const { slot } = begun.memory.recovery.inProgress as { slot: number };
    expect(only(begun)?.message).toContain(`it begins in slot ${slot}`);
    const ready = run.untilReady();
    expect(ready.status.operations).toMatchObject([{ state: "Succeeded", attempts: 1 }]);
    expect(only(ready)?.message).toBe(ready.status.lastRecovery?.message);
  });

  it("that another takes the place of before it began is cancelled", () => {
    const run = readyRun();
    for (const asker of [ANNA, PAGE]) {
      run.memory = applyRestore(run.memory, { from: "nothing" }, asker, run.now);
    }
    run.until((p) => p.memory.recovery.inProgress !== null);
    run.untilReady();
    expect(run.memory.operations.map(({ asker, state }) => [asker, state])).toEqual([
      [ANNA, "Cancelled"],
      [PAGE, "Succeeded"],
    ]);
  });

  it("that a controller of the release before has begun and ended says that nobody saw it", () => {
    const run = readyRun();
    run.memory = applyRestore(run.memory, { from: "nothing" }, ANNA, run.now);
    run.memory = { ...run.memory, recovery: { ...run.memory.recovery, requested: null } };
    const decided = look(run);
    expect(only(decided)?.state).toBe("Failed");
    expect(only(decided)?.message).toContain("another release");
  });
});

describe("a recovery of a lost quorum", () => {
  it("is the controller's own, asked for when the loss was certain", () => {
    const run = afterGrace(lostRun());
    const lostSince = run.memory.recovery.lostSince as number;
    const begun = run.until((p) => p.memory.recovery.inProgress !== null);
    expect(only(begun)).toMatchObject({
      ...{ id: "recover-1", state: "Processing", askedBy: { via: "Controller", user: null } },
      askedAt: timestamp(lostSince),
    });
    const ready = run.untilReady();
    expect(ready.status.operations).toMatchObject([{ kind: "Recover", state: "Succeeded" }]);
  });
});

describe("a rebalance", () => {
  it("is told with who asked, the moves that were made, and how it ended", () => {
    const site = new Site([1]);
    site.hosts.add(2).add(3);
    site.memory = applyRebalance(site.memory, "start", ANNA, site.now);
    expect(only(site.pass(1))).toMatchObject({ id: "rebalance-1", state: "Processing" });
    let last = site.pass(1);
    for (let i = 0; i < 1_000 && last.status.rebalance?.endedAt === null; i++) last = site.pass(1);
    expect(only(last)).toMatchObject({
      ...{ state: "Succeeded", askedBy: ANNA, message: last.status.rebalance?.message },
    });
  });

  it("of which only a preview is asked for is none", () => {
    const site = new Site([1]);
    site.memory = applyRebalance(site.memory, "preview", ANNA, site.now);
    expect(site.pass(1).status.operations).toEqual([]);
  });

  it("that is cancelled is", () => {
    const site = new Site([1]);
    site.memory = applyRebalance(site.memory, "start", ANNA, site.now);
    site.memory = applyRebalance(site.memory, "cancel", PAGE, site.now);
    expect(site.memory.operations).toMatchObject([{ state: "Cancelled", asker: ANNA }]);
  });
});
