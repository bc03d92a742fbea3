/**
 * A clock that was set back leaves stored times in its future. A wait that was counted from there
 * would last as long as the clock was wrong: it is counted from now.
 */
import type { SlotTask } from "../../model/memory.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import { relaunchDelayMs } from "./backoff.ts";

export function clampTimersToNow(_: unknown, plan: PlanBuilder): void {
  const { now } = plan;
  const { slots, cluster, recovery, compactedAt, rebalance } = plan.memory;
  const { leftJupyterAt, leftStorageAt } = plan.memory;
  for (const { slot, notBefore, failures, task } of slots) {
    const latest = now + relaunchDelayMs(cluster.spec.backoff, failures);
    if (notBefore > latest) plan.patchSlot(slot, { notBefore: latest });
    if (task !== null && sinces(task).some((at) => at > now)) {
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
  }
  const { lostSince } = recovery;
  if (lostSince !== null && lostSince > now) plan.updateRecovery({ lostSince: now });
  if (compactedAt !== null && compactedAt > now) plan.updateMemory({ compactedAt: now });
  if (leftJupyterAt !== null && leftJupyterAt > now) plan.updateMemory({ leftJupyterAt: now });
  if (leftStorageAt !== null && leftStorageAt > now) plan.updateMemory({ leftStorageAt: now });
  if (rebalance !== null && Math.max(rebalance.progressAt, rebalance.offersSince ?? 0) > now) {
    const progressAt = Math.min(rebalance.progressAt, now);
    const offersSince = noLater(rebalance.offersSince, now);
    plan.updateMemory({ rebalance: { ...rebalance, progressAt, offersSince } });
  }
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
