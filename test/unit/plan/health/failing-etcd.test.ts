import { describe, expect, it } from "vitest";
import type { AgentStatus } from "../../../../controller/model/agent-api.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { FAILING_MAX_MS } from "../../../../controller/plan/view/failing-etcd.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { decide } from "../../../support/planner/decide.ts";
import { readyRun, types } from "../../../support/planner/run.ts";

const BROKEN = { state: "backoff", ready: false, pid: null, restarts: 5, lastExit: null } as const;

describe("a member", () => {
  const crashLoop = (slot: number) => (status: AgentStatus) =>
    status.slot === slot ? { etcd: null, units: { ...status.units, etcd: BROKEN } } : {};
  const follower = () => decide({}).status.nodes.find((n) => !n.leader)?.slot as number;

  it("whose etcd keeps ending is replaced, counted from a clock that is stored", () => {
    const slot = follower();
    const once = decide({ agent: crashLoop(slot) });
    expect(once.actions).toEqual([]);
    const since = once.memory.slots.find((s) => s.slot === slot)?.task?.etcdFailingSince;
    expect(since).toBe(once.now);
    const later = decide({ agent: crashLoop(slot), reconciles: 2, laterMs: FAILING_MAX_MS });
    expect(types(later.actions)).toEqual([`RemoveMember ${slot}`]);
  });
});

describe("a node whose etcd keeps ending", () => {
  it("joins anew, and is not removed and added for ever", () => {
    const run = readyRun();
    const slot = run.world.etcd.leaderSlot === 2 ? 1 : 2;
    let ordered = false;
    for (let reconcile = 0; reconcile < 60 && !ordered; reconcile++) {
      const observed = changeAgents(run.world.observed(), (status) =>
        status.slot === slot ? { etcd: null, units: { ...status.units, etcd: BROKEN } } : {},
      );
      const decided = plan({
        memory: run.memory,
        observed,
        now: run.now,
        defaultImage: "image",
      });
      run.memory = decided.memory;
      run.done.push(...decided.actions);
      for (const action of decided.actions) run.world.apply(action);
      ordered = decided.actions.some((a) => a.type === "StartEtcd" && a.slot === slot);
      run.now += FAILING_MAX_MS / 20;
    }
    expect(ordered).toBe(true);
    const done = types(run.done);
    expect(done.filter((a) => a === `RemoveMember ${slot}`)).toHaveLength(1);
    expect(done.filter((a) => a === `AddLearner ${slot}`)).toHaveLength(1);
  });
});
