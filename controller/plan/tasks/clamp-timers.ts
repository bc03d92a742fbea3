/**
 * A clock that was set back leaves stored times in its future. A wait that was counted from there
 * would last as long as the clock was wrong: it is counted from now.
 */
import type { SlotMemory, SlotTask } from "../../model/memory.ts";
import type { Operation } from "../../model/operation.ts";
import { SIGHT_MS_MAX } from "../../model/resumed.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import { relaunchDelayMs } from "./backoff.ts";

export function clampTimersToNow(_: unknown, plan: PlanBuilder): void {
  for (const slot of plan.memory.slots) {
    clampSlot(slot, plan);
    clampTask(slot, plan);
  }
  clampRecovery(plan);
  clampCluster(plan);
  clampRebalance(plan);
  clampOperations(plan);
}

function clampSlot(memory: SlotMemory, plan: PlanBuilder): void {
  const { slot, notBefore, failures, orphan, repair, endedAt } = memory;
  const { now } = plan;
  const latest = now + relaunchDelayMs(plan.memory.cluster.spec.backoff, failures);
  if (notBefore > latest) plan.patchSlot(slot, { notBefore: latest });
  if (endedAt !== null && endedAt > now) plan.patchSlot(slot, { endedAt: now });
  if (orphan !== null && orphan.since > now) {
    plan.patchSlot(slot, { orphan: { ...orphan, since: now } });
  }
  if (repair !== null && (repair.since ?? 0) > now) {
    plan.patchSlot(slot, { repair: { ...repair, since: now } });
  }
}

function clampTask({ slot, task }: SlotMemory, plan: PlanBuilder): void {
  const { now } = plan;
  if (task === null || sinces(task).every((at) => at <= now)) return;
  plan.patchTask(slot, {
    unreachableSince: noLater(task.unreachableSince, now),
    agentUnreachableSince: noLater(task.agentUnreachableSince, now),
    etcdFailingSince: noLater(task.etcdFailingSince, now),
    readyAt: noLater(task.readyAt, now),
    jupyterDeadSince: noLater(task.jupyterDeadSince, now),
    storageDeadSince: noLater(task.storageDeadSince, now),
    kernelWait: task.kernelWait && {
      ...task.kernelWait,
      since: Math.min(task.kernelWait.since, now),
    },
  });
}

function clampRecovery(plan: PlanBuilder): void {
  const { now } = plan;
  const { lostSince, lastSeen, voteChange } = plan.memory.recovery;
  if (voteChange !== null && voteChange.at > now) {
    plan.updateRecovery({ voteChange: { ...voteChange, at: now } });
  }
  if (lostSince !== null && lostSince > now) plan.updateRecovery({ lostSince: now });
  if (lastSeen !== null && lastSeen.at > now) {
    plan.updateRecovery({ lastSeen: { ...lastSeen, at: now } });
  }
}

function clampCluster(plan: PlanBuilder): void {
  const { now } = plan;
  const { compactedAt, leftJupyterAt, leftStorageAt, hostTask, resumed } = plan.memory;
  if (compactedAt !== null && compactedAt > now) plan.updateMemory({ compactedAt: now });
  if (leftJupyterAt !== null && leftJupyterAt > now) plan.updateMemory({ leftJupyterAt: now });
  if (leftStorageAt !== null && leftStorageAt > now) plan.updateMemory({ leftStorageAt: now });
  if (hostTask !== null && hostTask.launchedAt > now) {
    plan.updateMemory({ hostTask: { ...hostTask, launchedAt: now } });
  }
  if (resumed !== null && resumed.until > now + SIGHT_MS_MAX) {
    plan.updateMemory({ resumed: { ...resumed, until: now + SIGHT_MS_MAX } });
  }
}

function clampRebalance(plan: PlanBuilder): void {
  const { now } = plan;
  const { rebalance } = plan.memory;
  if (rebalance === null || Math.max(rebalance.progressAt, rebalance.offersSince ?? 0) <= now) {
    return;
  }
  const progressAt = Math.min(rebalance.progressAt, now);
  const offersSince = noLater(rebalance.offersSince, now);
  plan.updateMemory({ rebalance: { ...rebalance, progressAt, offersSince } });
}

/** Of those alone whose wait is counted from when they were asked for. */
function clampOperations(plan: PlanBuilder): void {
  const { now } = plan;
  const { operations } = plan.memory;
  const isEarly = ({ kind, state, askedAt }: Operation) =>
    kind === "SaveSnapshot" && state === "Pending" && askedAt > now;
  if (!operations.some(isEarly)) return;
  plan.updateMemory({
    operations: operations.map((one) => (isEarly(one) ? { ...one, askedAt: now } : one)),
  });
}

function sinces(task: SlotTask): readonly number[] {
  const { unreachableSince, agentUnreachableSince, etcdFailingSince, readyAt } = task;
  const { jupyterDeadSince, storageDeadSince, kernelWait } = task;
  return [
    ...[unreachableSince, agentUnreachableSince, etcdFailingSince, readyAt, jupyterDeadSince],
    ...[storageDeadSince, kernelWait?.since ?? null],
  ].filter((at) => at !== null);
}

function noLater(at: number | null, now: number): number | null {
  return at === null ? null : Math.min(at, now);
}
