/** Snapshots, space and members that fail: decisions of one visit, each from facts as they may be. */
import { describe, expect, it } from "vitest";
import type { AgentStatus, EtcdAlarm, EtcdHealth } from "../../../controller/model/agent-api.ts";
import { fresh, lastKnown, type ObservedJob } from "../../../controller/model/observed.ts";
import type { SnapshotInfo } from "../../../controller/model/snapshot.ts";
import { FAILING_MAX_MS } from "../../../controller/plan/view/failing-etcd.ts";
import type { Plan, PlanInput } from "../../../controller/plan/input.ts";
import { plan } from "../../../controller/plan/plan.ts";
import { timestamp } from "../../../controller/plan/timestamp.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import { fakeCluster } from "../../support/planner/fixtures.ts";
import { readyRun, types } from "../../support/planner/run.ts";

const MIB = 2 ** 20;
const { etcd: ETCD } = fakeCluster().spec;

interface Facts {
  readonly etcd?: Partial<ClusterSpec["etcd"]>;
  readonly snapshots?: readonly SnapshotInfo[];
  readonly jobs?: readonly ObservedJob[];
  /** What every member says, unless `slot` says otherwise. */
  readonly health?: Partial<EtcdHealth>;
  readonly agent?: (status: AgentStatus) => Partial<AgentStatus>;
  readonly laterMs?: number;
  readonly visits?: number;
}

/** A Ready cluster of three that is looked at once more, with these facts. */
function decide(facts: Facts): Plan & { readonly now: number } {
  const run = readyRun({ etcd: { ...ETCD, quotaMiB: 100, ...facts.etcd } });
  const observed = run.world.observed();
  const agents = new Map(
    [...observed.agents].map(([id, source]) => {
      const status = lastKnown(source) as AgentStatus;
      const etcd = status.etcd && { ...status.etcd, ...facts.health };
      const changed = { ...status, etcd };
      return [id, fresh({ ...changed, ...facts.agent?.(changed) })] as const;
    }),
  );
  const input = {
    observed: {
      ...observed,
      agents,
      snapshots: fresh(facts.snapshots ?? []),
      jobs: facts.jobs ?? [],
    },
    defaultImage: "image",
  };
  const first: PlanInput = { ...input, memory: run.memory, now: run.now };
  let decided = plan(first);
  let { now } = first;
  for (let visit = 1; visit < (facts.visits ?? 1); visit++) {
    now += facts.laterMs ?? 0;
    decided = plan({ ...input, memory: decided.memory, now });
  }
  return { ...decided, now };
}

const T = 1_800_000_000_000;

function snapshot(at: number, over: Partial<SnapshotInfo> = {}): SnapshotInfo {
  return {
    id: `${at}`,
    takenAt: timestamp(at),
    revision: 5,
    keys: 2,
    sizeBytes: 20_480,
    sha256: "00",
    clusterId: "c1",
    ...over,
  };
}

function conditionOf(decided: Plan, type: string) {
  return decided.status.conditions.find((c) => c.type === type);
}

const failed: ObservedJob = {
  key: "SaveSnapshot",
  state: "failed",
  since: T - 3600_000,
  error: { code: "ERR_SNAPSHOT_FAILED", operation: "SaveSnapshot", message: "no", observedAt: "" },
};

describe("a snapshot is taken", () => {
  const every = (intervalSeconds: number) => ({
    snapshots: { intervalSeconds, keep: 2, directory: null },
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
});

describe("etcd's space", () => {
  const noSpace: EtcdAlarm = { memberId: "1", alarm: "NOSPACE" };
  const sizes = (size: number, inUse: number) => ({
    dbSizeBytes: size * MIB,
    dbSizeInUseBytes: inUse * MIB,
  });

  it("is compacted before the quota is reached, but not at every visit", () => {
    const health = { ...sizes(80, 80), revision: 7 };
    expect(decide({ health }).actions).toEqual([{ type: "Compact", revision: 7 }]);
    expect(decide({ health, visits: 2, laterMs: 1000 }).actions).toEqual([]);
    expect(types(decide({ health, visits: 2, laterMs: 61_000 }).actions)).toEqual(["Compact"]);
  });

  it("is given back where half of a large database is free, one member at a time", () => {
    const decided = decide({ health: sizes(30, 10) });
    expect(decided.actions).toHaveLength(1);
    const leader = decided.status.nodes.find((n) => n.leader);
    expect(slotOf(decided, "Defragment")).not.toBe(leader?.slot);
    const key = `Defragment slot ${slotOf(decided, "Defragment")}`;
    const running: ObservedJob = { key, state: "running", since: T, error: null };
    expect(decide({ health: sizes(30, 10), jobs: [running] }).actions).toEqual([]);
  });

  it("is left alone where a database is small", () => {
    expect(decide({ health: sizes(20, 1) }).actions).toEqual([]);
  });

  it("that ran out is compacted and defragmented, and people are told", () => {
    const decided = decide({ health: { ...sizes(100, 50), alarms: [noSpace] } });
    expect(decided.actions.map((a) => a.type)).toEqual(["Compact", "Defragment"]);
    expect(conditionOf(decided, "SpaceAvailable")).toMatchObject({ reason: "QuotaExceeded" });
    expect(conditionOf(decided, "Ready")).toMatchObject({ status: "False" });
  });

  it("that is there again takes the alarm back", () => {
    const decided = decide({ health: { ...sizes(50, 50), alarms: [noSpace] } });
    expect(decided.actions.map((a) => a.type)).toEqual(["Compact", "DisarmAlarm"]);
  });

  it("that a removed member ran out of takes no more room here", () => {
    const gone: EtcdAlarm = { memberId: "abc", alarm: "NOSPACE" };
    const { actions } = decide({ health: { ...sizes(100, 99), alarms: [gone] } });
    expect(actions).toContainEqual({ type: "DisarmAlarm", memberId: "abc", alarm: "NOSPACE" });
  });

  it("that keys alone fill is for people to decide", () => {
    const decided = decide({ health: { ...sizes(100, 99), alarms: [noSpace] } });
    expect(decided.actions.map((a) => a.type)).toEqual(["Compact"]);
    expect(conditionOf(decided, "SpaceAvailable")?.message).toContain("raise etcd.quota");
  });
});

describe("a member", () => {
  const broken = {
    state: "backoff",
    ready: false,
    pid: null,
    restarts: 5,
    lastExit: null,
  } as const;
  const crashLoop = (slot: number) => (status: AgentStatus) =>
    status.slot === slot ? { etcd: null, units: { ...status.units, etcd: broken } } : {};
  const follower = () => decide({}).status.nodes.find((n) => !n.leader)?.slot as number;

  it("whose etcd keeps ending is replaced, counted from a clock that is stored", () => {
    const slot = follower();
    const once = decide({ agent: crashLoop(slot) });
    expect(once.actions).toEqual([]);
    const since = once.memory.slots.find((s) => s.slot === slot)?.task?.etcdFailingSince;
    expect(since).toBe(once.now);
    const later = decide({ agent: crashLoop(slot), visits: 2, laterMs: FAILING_MAX_MS });
    expect(types(later.actions)).toEqual([`RemoveMember ${slot}`]);
  });
});

function slotOf(decided: Plan, type: string): number | null {
  const action = decided.actions.find((a) => a.type === type);
  return action !== undefined && "slot" in action ? action.slot : null;
}
