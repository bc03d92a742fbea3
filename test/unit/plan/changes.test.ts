/** What the planner does when the spec changes, or its file goes. */
import { describe, expect, it } from "vitest";
import type { Action } from "../../../controller/model/action.ts";
import type { Plan } from "../../../controller/plan/input.ts";
import { changeSpec, condition, readyRun, types } from "../../support/planner/run.ts";

function isUpdated(decided: Plan): boolean {
  const is = (type: string) => condition(decided, type) === "True";
  return is("Ready") && is("AllMembersUpdated");
}

describe("a changed spec", () => {
  it("adds nodes one learner at a time", () => {
    const run = readyRun();
    changeSpec(run, { replicas: 5 });
    run.untilReady();
    expect(run.world.violations).toEqual([]);
    expect(run.world.members.length).toBe(5);
  });

  it("moves the leader before it leaves, and stops a container only after its member is gone", () => {
    const run = readyRun({ replicas: 5 });
    while (run.world.leaderSlot !== 4) {
      run.world.kill(run.world.leaderSlot as number);
      run.untilReady();
    }
    const before = run.done.length;
    const leader = run.world.taskOf(4);
    changeSpec(run, { replicas: 3 });
    run.untilReady();
    const done = run.done.slice(before);
    const moved = done.findIndex((a) => a.type === "MoveLeader");
    const removed = done.findIndex((a) => a.type === "RemoveMember" && a.slot === 4);
    const killed = done.findIndex((a) => a.type === "KillTask" && a.taskId === leader);
    expect([0, moved, removed].every((i) => i >= 0)).toBe(true);
    expect(moved).toBeLessThan(removed);
    expect(removed).toBeLessThan(killed);
    expect(run.world.violations).toEqual([]);
  });

  it("of resources is rolled out one container at a time, the leader's last", () => {
    const run = readyRun();
    const oldTasks = new Map(run.world.runningSlots().map((s) => [run.world.taskOf(s), s]));
    const leader = run.world.leaderSlot;
    const before = run.done.length;
    changeSpec(run, { resources: { cpus: 0.5, memoryMiB: 768, diskMiB: 1024, pids: 4096 } });
    run.until((p) => isUpdated(p));
    const kills = run.done.slice(before).filter((a) => a.type === "KillTask");
    const killed = [...new Set(kills.map((a) => oldTasks.get(a.taskId)))];
    expect(killed.length).toBe(3);
    expect(killed.at(-1)).toBe(leader);
    const moved = run.done.findLastIndex((a) => a.type === "MoveLeader");
    expect(moved).toBeGreaterThanOrEqual(before);
    expect(moved).toBeLessThan(run.done.indexOf(kills.at(-1) as Action));
    expect(run.world.violations).toEqual([]);
  });

  it("kills nobody who is only out of sight", () => {
    const run = readyRun();
    changeSpec(run, { resources: { cpus: 0.5, memoryMiB: 768, diskMiB: 1024, pids: 4096 } });
    for (const slot of [0, 1, 2]) run.world.blind.add(slot);
    for (let i = 0; i < 10; i++) run.reconcile();
    expect(run.done.filter((a) => a.type === "KillTask")).toEqual([]);
    run.world.blind.clear();
    run.until((p) => isUpdated(p));
    expect(run.world.violations).toEqual([]);
  });

  it("that does not work stops at the first node, and can be taken back", () => {
    const run = readyRun();
    run.world.launchesFaulty = true;
    const before = run.done.length;
    changeSpec(run, { resources: { cpus: 0.5, memoryMiB: 768, diskMiB: 1024, pids: 4096 } });
    for (let i = 0; i < 100; i++) run.reconcile();
    const kills = run.done.slice(before).filter((a) => a.type === "KillTask");
    expect(new Set(kills.map((a) => a.taskId)).size).toBe(1);
    run.world.launchesFaulty = false;
    changeSpec(run, { resources: { cpus: 0.25, memoryMiB: 768, diskMiB: 1024, pids: 4096 } });
    run.until((p) => isUpdated(p));
    expect(run.world.violations).toEqual([]);
  });

  it("that suspends the cluster stops every container and keeps the data", () => {
    const run = readyRun();
    changeSpec(run, { suspend: true });
    run.until((p) => condition(p, "Suspended") === "True");
    expect(run.world.runningSlots()).toEqual([]);
    changeSpec(run, { suspend: false });
    run.untilReady();
    expect(run.world.etcd.clusterIds).toEqual(["c1"]);
    expect(run.world.violations).toEqual([]);
  });
});

describe("a removed file", () => {
  it("leaves the cluster alone by default", () => {
    const run = readyRun();
    run.memory = { ...run.memory, fileRemoved: true };
    const { actions, finished } = run.reconcile();
    expect([types(actions), finished]).toEqual([[], false]);
  });

  it("ends the cluster when its deletionPolicy says so", () => {
    const run = readyRun({ deletionPolicy: "Delete" });
    run.memory = { ...run.memory, fileRemoved: true };
    run.until((p) => p.finished);
    expect(run.world.runningSlots()).toEqual([]);
  });
});
