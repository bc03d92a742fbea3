import { describe, expect, it } from "vitest";
import type { ObservedJob } from "../../../../controller/model/observed.ts";
import { conditionOf, decide, slotOf, snapshot, T } from "../../../support/planner/decide.ts";
import { types } from "../../../support/planner/run.ts";

const failed: ObservedJob = {
  key: "SaveSnapshot",
  state: "failed",
  since: T - 3600_000,
  operation: null,
  snapshot: null,
  error: { code: "ERR_SNAPSHOT_FAILED", operation: "SaveSnapshot", message: "no", observedAt: "" },
};

describe("a snapshot is taken", () => {
  const every = (intervalSeconds: number) => ({
    snapshots: { intervalSeconds, keep: 2, maxMiB: 10_240, directory: null },
  });

  it("from a follower, when there is none of this cluster", () => {
    const other = snapshot(T + 1e9, { clusterId: "other" });
    const decided = decide({ etcd: every(60), snapshots: [other] });
    const save = decided.actions.find((a) => a.type === "SaveSnapshot");
    const leader = decided.status.nodes.find((n) => n.leader);
    expect(save?.slot).not.toBe(leader?.slot);
    expect(conditionOf(decided, "BackupReady")).toMatchObject({ status: "Unknown" });
  });

  it("when the newest is older than the interval, and not before", () => {
    const { now } = decide({});
    const due = decide({ etcd: every(60), snapshots: [snapshot(now - 60_000)] });
    expect(types(due.actions)).toContain(`SaveSnapshot ${slotOf(due, "SaveSnapshot")}`);
    const early = decide({ etcd: every(60), snapshots: [snapshot(now - 59_000)] });
    expect(early.actions).toEqual([]);
    expect(early.requeueAt).toBe(now + 1000);
    expect(conditionOf(early, "BackupReady")).toMatchObject({ status: "True" });
  });

  it("never when the spec asks for none", () => {
    const decided = decide({ etcd: every(0) });
    expect(decided.actions).toEqual([]);
    expect(conditionOf(decided, "BackupReady")).toMatchObject({ reason: "Disabled" });
  });

  it("not while one is being taken, and again after one that failed", () => {
    const running: ObservedJob = { ...failed, state: "running", error: null };
    expect(decide({ etcd: every(60), jobs: [running] }).actions).toEqual([]);
    const decided = decide({ etcd: every(60), jobs: [failed] });
    expect(slotOf(decided, "SaveSnapshot")).not.toBeNull();
    expect(conditionOf(decided, "BackupReady")).toMatchObject({
      status: "False",
      reason: "SnapshotFailed",
      message: "no",
    });
  });

  it("and the oldest beyond the number to keep are removed", () => {
    const { now } = decide({});
    const three = [snapshot(now - 3000), snapshot(now - 2000), snapshot(now - 1000)];
    const { actions } = decide({ etcd: every(60), snapshots: three });
    expect(actions).toEqual([{ type: "DeleteSnapshots", snapshots: [three[0]] }]);
  });

  it("and so are the oldest beyond the size to keep, but never the newest", () => {
    const { now } = decide({});
    const etcd = { snapshots: { ...every(60).snapshots, keep: 9, maxMiB: 3 } };
    const big = (ago: number) => snapshot(now - ago, { sizeBytes: 1.5 * 2 ** 20 });
    const three = [big(3000), big(2000), big(1000)];
    const fitting = decide({ etcd, snapshots: three });
    expect(fitting.actions).toEqual([{ type: "DeleteSnapshots", snapshots: [three[0]] }]);
    const huge = [big(2000), snapshot(now - 1000, { sizeBytes: 2 ** 30 })];
    const { actions } = decide({ etcd, snapshots: huge });
    expect(actions).toEqual([{ type: "DeleteSnapshots", snapshots: [huge[0]] }]);
  });

  it("at once when the clock was set back, and then on the interval again", () => {
    const { now } = decide({});
    const ahead = snapshot(now + 3600_000, { revision: 7 });
    expect(types(decide({ etcd: every(60), snapshots: [ahead] }).actions)).toHaveLength(1);
    const since = snapshot(now - 55_000, { revision: 7 });
    const decided = decide({ etcd: every(60), snapshots: [since, ahead] });
    expect(decided.actions).toEqual([]);
    expect(decided.requeueAt).toBe(now + 5_000);
  });

  it("and is kept as the newest, whatever the clock said before", () => {
    const { now } = decide({});
    const since = snapshot(now - 1000, { revision: 9 });
    const ahead = [8, 7].map((revision) => snapshot(now + revision * 3600_000, { revision }));
    const { actions } = decide({ etcd: every(60), snapshots: [since, ...ahead.toReversed()] });
    expect(actions).toEqual([{ type: "DeleteSnapshots", snapshots: [ahead[1]] }]);
  });
});
