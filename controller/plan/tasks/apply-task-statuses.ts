/** What Mesos says of each remembered task becomes memory: ended, cut off, or alive. */
import type { SlotTask } from "../../model/memory.ts";
import { lastKnown, type ObservedTask } from "../../model/observed.ts";
import { bootstrapMemberId } from "../../model/bootstrap-ids.ts";
import { taskEnd } from "../../model/task-state.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import { PROVEN_AFTER_MS, relaunchDelayMs } from "./backoff.ts";
import type { Draft } from "../plan-builder.ts";
import type { PlanInput } from "../input.ts";

export function settleTasks(input: PlanInput, draft: Draft): void {
  const { mesos } = input.observed;
  const known = lastKnown(mesos);
  if (known === undefined) return;
  const trusted = mesos.freshness === "fresh" && mesos.value.reconciled;
  const { spec } = input.memory.cluster;
  for (const { slot, task } of draft.slots) {
    if (task === null) continue;
    const observed = known.tasks.get(task.taskId) ?? null;
    const end = observed ? taskEnd(observed.state) : "uncertain";
    if (end === "ended") {
      // A terminal status is a fact, however old the source is.
      // The host is gone for good, says an operator: its data need not be waited for.
      const gone = observed?.state === "TASK_GONE_BY_OPERATOR";
      endTask(draft, slot, task, describeEnd(observed), { backoff: spec.backoff, gone });
    } else if (end === "alive") {
      if (task.unreachableSince !== null) reachableAgain(draft, slot);
    } else if (trusted) {
      waitForUnreachable(draft, slot, task, spec);
    }
  }
}

function endTask(
  draft: Draft,
  slot: number,
  task: SlotTask,
  why: string,
  { backoff, gone }: { backoff: ClusterSpec["backoff"]; gone: boolean },
): void {
  const { failures: before } = draft.slot(slot);
  const wanted = task.killRequestedAt !== null;
  const proven = task.readyAt !== null && draft.now - task.readyAt >= PROVEN_AFTER_MS;
  const failures = wanted ? before : proven ? 1 : before + 1;
  draft.patchSlot(slot, {
    task: null,
    restarts: draft.slot(slot).restarts + 1,
    failures,
    notBefore: wanted ? 0 : draft.now + relaunchDelayMs(backoff, failures),
    lastFailure: wanted ? null : why,
    spentMemberId: spentBy(task) ?? draft.slot(slot).spentMemberId,
    ...(gone ? { lastAgentId: null, lastHostname: null } : {}),
  });
  if (!wanted) draft.event("Warning", "NodeLost", `the container of slot ${slot} ended: ${why}`);
}

/** Null: with no identity that could not be taken on again. */
function spentBy({ order }: SlotTask): string | null {
  if (order === null) return null;
  const { etcd } = order;
  if (etcd.mode === "join") return etcd.memberId;
  if (etcd.mode !== "bootstrap") return null;
  return bootstrapMemberId(etcd.initialCluster[etcd.memberName] ?? "", etcd.token);
}

function reachableAgain(draft: Draft, slot: number): void {
  draft.patchTask(slot, { unreachableSince: null });
  draft.event("Normal", "NodeReachable", `the host of slot ${slot} is back`);
}

/**
 * Cut off is not dead: the container may run on. It is given up only after the time that the spec
 * sets, counted from the first sight, which is durable.
 */
function waitForUnreachable(draft: Draft, slot: number, task: SlotTask, spec: ClusterSpec): void {
  const since = task.unreachableSince ?? draft.now;
  const giveUpAt = since + spec.unreachable.replaceAfterSeconds * 1000;
  if (task.unreachableSince === null) {
    draft.patchTask(slot, { unreachableSince: since });
    draft.event("Warning", "NodeUnreachable", `Mesos has lost sight of slot ${slot}`);
  }
  if (draft.now >= giveUpAt) {
    const why = "its host was unreachable for too long";
    endTask(draft, slot, task, why, { backoff: spec.backoff, gone: false });
  } else {
    draft.requeue(giveUpAt);
  }
}

function describeEnd(task: ObservedTask | null): string {
  if (task === null) return "unknown to Mesos";
  return [task.state, task.reason, task.message].filter(Boolean).join(", ");
}
