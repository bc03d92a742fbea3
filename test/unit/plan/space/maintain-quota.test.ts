import { describe, expect, it } from "vitest";
import type { EtcdAlarm } from "../../../../controller/model/agent-api.ts";
import type { ObservedJob } from "../../../../controller/model/observed.ts";
import { conditionOf, decide, slotOf, T } from "../../../support/planner/decide.ts";
import { types } from "../../../support/planner/run.ts";

const MIB = 2 ** 20;

describe("etcd's space", () => {
  const noSpace: EtcdAlarm = { memberId: "1", alarm: "NOSPACE" };
  const sizes = (size: number, inUse: number) => ({
    dbSizeBytes: size * MIB,
    dbSizeInUseBytes: inUse * MIB,
  });

  it("is compacted before the quota is reached, but not at every reconcile", () => {
    const health = { ...sizes(80, 80), revision: 7 };
    expect(decide({ health }).actions).toEqual([{ type: "Compact", revision: 7 }]);
    expect(decide({ health, reconciles: 2, laterMs: 1000 }).actions).toEqual([]);
    expect(types(decide({ health, reconciles: 2, laterMs: 61_000 }).actions)).toEqual(["Compact"]);
  });

  it("is given back where half of a large database is free, one member at a time", () => {
    const decided = decide({ health: sizes(30, 10) });
    expect(decided.actions).toHaveLength(1);
    const leader = decided.status.nodes.find((n) => n.leader);
    expect(slotOf(decided, "Defragment")).not.toBe(leader?.slot);
    const key = `Defragment slot ${slotOf(decided, "Defragment")}`;
    const running: ObservedJob = {
      ...{ key, state: "running", since: T, error: null },
      ...{ operation: 1, snapshot: null },
    };
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
