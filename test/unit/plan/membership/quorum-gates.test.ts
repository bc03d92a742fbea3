/**
 * What rests on voters that are in sight now, and not on a membership that was confirmed some
 * seconds ago: each change waits while they are too few, and is made when they are back.
 */
import { describe, expect, it } from "vitest";
import type { AgentStatus } from "../../../../controller/model/agent-api.ts";
import { lastKnown, type Observed, stale } from "../../../../controller/model/observed.ts";
import type { ActionType } from "../../../../controller/model/action.ts";
import { SILENT_MAX_MS } from "../../../../controller/plan/health/stop-silent.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import {
  changeSpec,
  followersOf,
  type PlannerRun,
  readyRun,
  types,
} from "../../../support/planner/run.ts";

/** Fewer than it takes to give up a silent node. */
const RECONCILES = 40;

function doneIn(run: PlannerRun, reconciles: number, type: ActionType): string[] {
  const before = run.done.length;
  for (let i = 0; i < reconciles; i++) run.reconcile();
  return types(run.done.slice(before)).filter((t) => t.startsWith(type));
}

/**
 * Nothing of the type is done while these slots are out of sight, and something is when they are
 * not.
 */
function expectGate(run: PlannerRun, blind: readonly number[], type: ActionType): void {
  for (const slot of blind) run.world.blind.add(slot);
  expect(doneIn(run, RECONCILES, type)).toEqual([]);
  run.world.blind.clear();
  expect(doneIn(run, RECONCILES, type)).not.toEqual([]);
  run.untilReady();
  expect(run.world.violations).toEqual([]);
}

describe("with too few voters in sight", () => {
  it("no learner is added", () => {
    const run = readyRun();
    const followers = followersOf(run);
    changeSpec(run, { replicas: 5 });
    expectGate(run, followers, "AddLearner");
  });

  it("no learner is promoted", () => {
    const run = readyRun();
    const followers = followersOf(run);
    changeSpec(run, { replicas: 4 });
    run.until(() => run.done.some((a) => a.type === "StartEtcd" && a.command.etcd.mode === "join"));
    expectGate(run, followers, "PromoteMember");
  });

  it("no member whose data is lost is removed", () => {
    const run = readyRun();
    const [victim, other] = followersOf(run) as [number, number];
    run.world.loseVolume(victim);
    expectGate(run, [other], "RemoveMember");
  });

  it("no slot is scaled in", () => {
    const run = readyRun({ replicas: 5 });
    while (run.world.leaderSlot !== 0) {
      run.world.kill(run.world.leaderSlot as number);
      run.untilReady();
    }
    changeSpec(run, { replicas: 3 });
    expectGate(run, [1, 2], "RemoveMember");
  });

  it("no slot is scaled in while others hear the leader and are not heard by it", () => {
    const run = readyRun({ replicas: 5 });
    while (run.world.leaderSlot !== 0) {
      run.world.kill(run.world.leaderSlot as number);
      run.untilReady();
    }
    changeSpec(run, { replicas: 3 });
    const { memory, now } = run;
    const decide = (unheard: readonly number[]) => {
      const observed = changeAgents(run.world.observed(), ({ slot, etcd }) =>
        etcd !== null && unheard.includes(slot) ? { etcd: { ...etcd, members: null } } : {},
      );
      return types(plan({ memory, now, observed, defaultImage: "image" }).actions);
    };
    const removes = (unheard: readonly number[]) =>
      decide(unheard).some((type) => type.startsWith("RemoveMember"));
    expect(removes([1, 2])).toBe(false);
    expect(removes([1])).toBe(true);
  });

  it("no node that works in etcd is updated for its other faults", () => {
    const run = readyRun();
    const [faulty, other] = followersOf(run) as [number, number];
    changeSpec(run, { resources: { cpus: 0.5, memoryMiB: 768, diskMiB: 1024, pids: 4096 } });
    const storage = { ready: false, message: "gone" };
    const { memory, now } = run;
    const decide = () => {
      const observed = changeAgents(run.world.observed(), ({ slot }) =>
        slot === faulty ? { storage } : {},
      );
      return types(plan({ memory, now, observed, defaultImage: "image" }).actions);
    };
    run.world.blind.add(other);
    expect(decide()).not.toContain("KillTask");
    run.world.blind.clear();
    expect(decide()).toContain("KillTask");
  });
});

describe("nodes that were silent for long", () => {
  it("are not updated while the quorum may rest on them", () => {
    const run = readyRun();
    const followers = followersOf(run);
    for (const slot of followers) run.world.blind.add(slot);
    run.reconcile();
    run.now += 2 * SILENT_MAX_MS;
    changeSpec(run, { resources: { cpus: 0.5, memoryMiB: 768, diskMiB: 1024, pids: 4096 } });
    expect(doneIn(run, RECONCILES, "KillTask")).toEqual([]);
    // One of them is heard again: with it the quorum can do without the other.
    run.world.blind.delete(followers[0] as number);
    expect(doneIn(run, RECONCILES, "KillTask")).not.toEqual([]);
  });
});

describe("with one node out of sight", () => {
  it("no other is updated, though the quorum would stand it", () => {
    const run = readyRun({ replicas: 5 });
    changeSpec(run, { resources: { cpus: 0.5, memoryMiB: 768, diskMiB: 1024, pids: 4096 } });
    expectGate(run, followersOf(run).slice(0, 1), "KillTask");
  });
});

describe("what agents said some time ago", () => {
  it("moves nothing", () => {
    const run = readyRun();
    run.world.loseVolume(followersOf(run)[0] as number);
    run.until(() => run.world.runningSlots().length === 3);
    const { memory, now } = run;
    const decide = (observed: Observed) =>
      types(plan({ memory, observed, now, defaultImage: "image" }).actions);
    const observed = run.world.observed();
    const old = [...observed.agents].map(
      ([id, source]) => [id, stale(lastKnown(source) as AgentStatus, now - 5_000)] as const,
    );
    expect(decide(observed)).not.toEqual([]);
    expect(decide({ ...observed, agents: new Map(old) })).toEqual([]);
  });
});
