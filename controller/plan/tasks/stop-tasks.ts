/** Containers that must not run: of a suspended or deleted cluster, strangers, and stuck ones. */
import { followsLeader } from "../../model/leader.ts";
import type { ObservedTask } from "../../model/observed.ts";
import { taskEnd } from "../../model/task-state.ts";
import type { Draft } from "../plan-builder.ts";
import { quorumOf } from "../view/etcd-view.ts";
import type { PlanInput } from "../input.ts";
import { type ClusterView, isDeleted, type NodeView } from "../view/cluster-view.ts";

/** An agent out of sight for this long, while most others are in sight, hangs. Milliseconds. */
export const SILENT_MAX_MS = 60_000;

/** Suspended or deleted: every container goes, the data stays. */
export function stopAll(view: ClusterView, input: PlanInput, draft: Draft): void {
  if (!view.empty || view.mesos === null) return;
  const reason = isDeleted(input) ? "the cluster is deleted" : "the cluster is suspended";
  for (const node of view.nodes) draft.kill(node.slot, reason);
}

/**
 * Tasks that bear this cluster's task-id prefix and that no slot remembers: launched by an intent
 * that was given up (a host that came back). Two tasks in one slot would fight over its address.
 */
export function killStrangers(view: ClusterView, input: PlanInput, draft: Draft): void {
  for (const { taskId, agentId, state } of strangers(view, input)) {
    if (taskEnd(state) !== "alive") continue;
    draft.act({ type: "KillTask", taskId, agentId, reason: "no slot has this task" });
  }
}

/** Those that run, and those that may run on on a host that is out of sight. */
export function strangers(view: ClusterView, input: PlanInput): readonly ObservedTask[] {
  const prefix = `${view.ref.namespace}.${view.ref.name}.`;
  const remembered = new Set(input.memory.slots.map((s) => s.task?.taskId));
  return [...(view.mesos?.tasks.values() ?? [])].filter(
    ({ taskId, state }) =>
      taskId.startsWith(prefix) && !remembered.has(taskId) && taskEnd(state) !== "ended",
  );
}

/**
 * Launched while there was a quorum that could do without the data on another machine; the quorum
 * is gone now, and the slot goes back to its data.
 */
export function stopAstray(view: ClusterView, draft: Draft): void {
  if (view.mesos === null || view.etcd.members !== null || draft.recovery.reseed !== null) return;
  for (const node of view.nodes) {
    if (node.astray) draft.kill(node.slot, "its data is on another host");
  }
}

/** Nodes whose agents hang: they never recover by themselves. */
export function stopStuck(view: ClusterView, draft: Draft): void {
  if (view.mesos === null) return;
  const running = view.nodes.filter((n) => n.observedTask?.state === "TASK_RUNNING");
  const inSight = running.filter((n) => n.agent !== null).length;
  for (const node of running) {
    if (node.task === null || node.task.killRequestedAt !== null) continue;
    const spared = inSight >= quorumOf(running.length) && canSpareSilent(view);
    watchSilence(node, spared, draft);
  }
}

/**
 * What is out of sight may well serve on: behind it is only its agent, or the way to it. It may end
 * when the voters in sight are a quorum, or when there can be none that it is part of.
 */
function canSpareSilent(view: ClusterView): boolean {
  const voters = view.nodes.filter((n) => n.memory.memberId !== null && !n.memory.isLearner);
  const quorum = quorumOf(voters.length);
  const following = voters.filter((n) => followsLeader(n.agent?.etcd ?? null)).length;
  if (following >= quorum) return true;
  const unseen = voters.filter((n) => n.agent === null).length;
  return following === 0 && unseen < quorum;
}

function watchSilence(node: NodeView, spared: boolean, draft: Draft): void {
  const since = node.task?.silentSince ?? null;
  if (node.agent !== null) {
    if (since !== null) draft.patchTask(node.slot, { silentSince: null });
    return;
  }
  if (since === null) draft.patchTask(node.slot, { silentSince: draft.now });
  const limit = (since ?? draft.now) + SILENT_MAX_MS;
  if (draft.now < limit) draft.requeue(limit);
  else if (spared) draft.kill(node.slot, "its agent does not answer");
}

/** A KILL that a master lost is repeated by nobody else. */
export function repeatKills(draft: Draft): void {
  for (const { task } of draft.slots) {
    if (task === null || task.killRequestedAt === null) continue;
    const { taskId, agentId } = task;
    draft.act({ type: "KillTask", taskId, agentId, reason: task.killReason ?? "stopped" });
  }
}
