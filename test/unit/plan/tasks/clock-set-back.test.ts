/**
 * Decisions that the simulator found wrong, each as the smallest case of it (docs/decisions/0007).
 */
import { describe, expect, it } from "vitest";
import { jobKey } from "../../../../controller/model/action.ts";
import type { ClusterMemory, SlotMemory } from "../../../../controller/model/memory.ts";
import { NO_RECOVERY } from "../../../../controller/model/recovery-memory.ts";
import { SIGHT_MS_MAX } from "../../../../controller/model/resumed.ts";
import { startJob } from "../../../../controller/plan/jobs.ts";
import { PlanBuilder } from "../../../../controller/plan/plan-builder.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { askForSnapshot } from "../../../../controller/plan/snapshots/asked-snapshot.ts";
import { clampTimersToNow } from "../../../../controller/plan/tasks/clamp-timers.ts";
import { ANNA, fakeMemory, fakeTask, OF_NONE, T0 } from "../../../support/planner/fixtures.ts";
import { readyRun } from "../../../support/planner/run.ts";

describe("a clock that is set back", () => {
  const HOUR_MS = 3_600_000;

  it("does not make a slot wait longer than any backoff", () => {
    const run = readyRun();
    const slot = run.world.etcd.leaderSlot === 0 ? 1 : 0;
    run.world.kill(slot);
    run.now += HOUR_MS;
    run.reconcile();
    const slots = run.memory.slots.map((s) =>
      s.slot === slot ? { ...s, task: null, failures: 3, notBefore: run.now + 2_000 } : s,
    );
    run.memory = { ...run.memory, slots };
    run.now -= HOUR_MS;
    run.reconcile();
    const { maxSeconds } = run.memory.cluster.spec.backoff;
    expect(run.memory.slots[slot]?.notBefore).toBeLessThanOrEqual(run.now + maxSeconds * 1_000);
    run.now += maxSeconds * 1_000;
    run.reconcile();
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
    const action = { type: "EndOrphan", slot: 1, ip: "172.30.0.11", launches: 1 } as const;
    const failed = {
      key: jobKey(action),
      state: "failed",
      since,
      error: null,
      ...OF_NONE,
    } as const;
    const observed = { ...run.world.observed(), jobs: [failed] };
    const builder = new PlanBuilder({ memory, now });
    startJob(action, observed, builder);
    expect(builder.actions).toEqual([action]);
  });

  const orphaned = { place: null, state: "asked" } as const;
  const place = { agentId: "agent-2", hostname: "host-2" };
  const repair = { work: "ReleaseAddress", ...place, state: "wanted", outcome: null } as const;
  const asked = { work: "ReleaseAddress", ...place, slot: 2, taskId: "t" } as const;
  const held = [{ type: "Ready", status: "True", lastTransitionTime: "" }] as const;

  /** A memory with a time of before, and that time as it is counted from. */
  const TIMES: readonly (readonly [string, (at: number) => Partial<ClusterMemory>, Since])[] = [
    ["an orphan's search", (since) => atSlot({ orphan: { ...orphaned, since } }), orphanSince],
    ["an offer for a repair", (since) => atSlot({ repair: { ...repair, since } }), repairSince],
    [
      "a command on a host",
      (launchedAt) => ({ hostTask: { ...asked, launchedAt } }),
      ({ hostTask }) => hostTask?.launchedAt,
    ],
    [
      "the revision that was last seen",
      (at) => ({ recovery: { ...NO_RECOVERY, lastSeen: { revision: 1, at } } }),
      ({ recovery }) => recovery.lastSeen?.at,
    ],
    [
      "a snapshot that waits for a member",
      (at) => askForSnapshot(fakeMemory(), ANNA, at).memory,
      ({ operations }) => operations[0]?.askedAt,
    ],
    [
      "sight, after a start",
      (at) => ({ resumed: { until: at + SIGHT_MS_MAX, held } }),
      ({ resumed }) => resumed && resumed.until - SIGHT_MS_MAX,
    ],
  ];

  it.each(TIMES)("does not make the wait longer for %s", (_, patch, since) => {
    const now = T0 + 60_000;
    const memory = { ...fakeMemory(), ...patch(now + HOUR_MS) };
    const builder = new PlanBuilder({ memory, now });
    clampTimersToNow(null, builder);
    expect(since(builder.memory)).toBe(now);
    const earlier = { ...fakeMemory(), ...patch(now - 1) };
    const untouched = new PlanBuilder({ memory: earlier, now });
    clampTimersToNow(null, untouched);
    expect(untouched.memory).toBe(earlier);
  });
});

type Since = (memory: ClusterMemory) => number | null | undefined;

const orphanSince: Since = ({ slots }) => slots[2]?.orphan?.since;
const repairSince: Since = ({ slots }) => slots[2]?.repair?.since;

function atSlot(patch: Partial<SlotMemory>): Pick<ClusterMemory, "slots"> {
  const { slots } = readyRun().memory;
  return { slots: slots.map((s) => (s.slot === 2 ? { ...s, ...patch } : s)) };
}
