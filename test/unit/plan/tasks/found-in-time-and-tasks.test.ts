/** More decisions that the simulator found wrong: about time, and tasks of which nobody can say. */
import { describe, expect, it } from "vitest";
import { plan } from "../../../../controller/plan/plan.ts";
import { PlanBuilder } from "../../../../controller/plan/plan-builder.ts";
import { startJob } from "../../../../controller/plan/jobs.ts";
import { SILENT_MAX_MS } from "../../../../controller/plan/health/stop-silent.ts";
import { jobKey } from "../../../../controller/model/action.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { fakeTask } from "../../../support/planner/fixtures.ts";
import { type PlannerRun, readyRun, types } from "../../../support/planner/run.ts";

describe("a clock that is set back", () => {
  const HOUR_MS = 3_600_000;

  it("does not make a slot wait longer than any backoff", () => {
    const run = readyRun();
    const slot = run.world.etcd.leaderSlot === 0 ? 1 : 0;
    run.world.kill(slot);
    run.now += HOUR_MS;
    run.visit();
    const slots = run.memory.slots.map((s) =>
      s.slot === slot ? { ...s, task: null, failures: 3, notBefore: run.now + 2_000 } : s,
    );
    run.memory = { ...run.memory, slots };
    run.now -= HOUR_MS;
    run.visit();
    const { maxSeconds } = run.memory.cluster.spec.backoff;
    expect(run.memory.slots[slot]?.notBefore).toBeLessThanOrEqual(run.now + maxSeconds * 1_000);
    run.now += maxSeconds * 1_000;
    run.visit();
    expect(run.memory.slots[slot]?.task).not.toBeNull();
  });

  it("does not keep an unreachable host's slot from being replaced in time", () => {
    const run = readyRun();
    const { memory } = run;
    const slots = memory.slots.map((s) =>
      s.slot === 2
        ? { ...s, task: s.task && { ...s.task, unreachableSince: run.now + HOUR_MS } }
        : s,
    );
    const taskId = slots[2]?.task?.taskId ?? "";
    run.memory = { ...memory, slots };
    run.world.tasks.set(taskId, fakeTask(taskId, "TASK_UNREACHABLE"));
    run.world.blind.add(2);
    const decide = () =>
      plan({ memory: run.memory, observed: run.world.observed(), now: run.now, defaultImage: "i" });
    run.memory = decide().memory;
    run.now += run.memory.cluster.spec.unreachable.replaceAfterSeconds * 1_000;
    expect(decide().memory.slots[2]?.task?.taskId).not.toBe(taskId);
  });

  it("does not keep a failed job from being tried again", () => {
    const run = readyRun();
    const { memory, now } = run;
    const since = now + HOUR_MS;
    const action = { type: "Defragment", slot: 1, ip: "172.30.0.11" } as const;
    const failed = { key: jobKey(action), state: "failed", since, error: null } as const;
    const observed = { ...run.world.observed(), jobs: [failed] };
    const builder = new PlanBuilder({ memory, now });
    startJob(action, observed, builder);
    expect(builder.actions).toEqual([action]);
  });
});

describe("a node whose agent does not answer", () => {
  function silent(slots: readonly number[]): PlannerRun {
    const run = readyRun();
    for (const slot of slots) run.world.blind.add(slot);
    run.visit();
    run.now += SILENT_MAX_MS;
    return run;
  }

  it("is ended when the others are a quorum without it", () => {
    const run = silent([2]);
    expect(types(run.visit().actions)).toContain("KillTask");
  });

  it("goes on when the quorum needs it: only its agent may be out of sight", () => {
    const run = silent([2]);
    const other = run.world.etcd.leaderSlot === 0 ? 1 : 0;
    const observed = changeAgents(run.world.observed(), ({ slot }) =>
      slot === other ? { phase: "awaiting-order", data: { state: "empty" }, etcd: null } : {},
    );
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    expect(decided.memory.slots[2]?.task?.killRequestedAt).toBeNull();
  });
});

describe("a memory that is older than the tasks", () => {
  it("never names a task as another controller has named one", () => {
    const run = readyRun();
    const slot = run.world.etcd.leaderSlot === 0 ? 1 : 0;
    run.world.kill(slot);
    const next = run.memory.slots[slot]?.task?.taskId.replace(/\.1$/, ".2") ?? "";
    run.world.tasks.set(next, fakeTask(next, "TASK_KILLED"));
    run.until((p) => p.memory.slots[slot]?.task != null && run.world.taskOf(slot) !== undefined);
    expect(run.memory.slots[slot]?.task?.taskId).toBe(next.replace(/\.2$/, ".3"));
  });
});
