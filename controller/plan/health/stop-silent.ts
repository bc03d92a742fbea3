/** Nodes whose agents hang: they never recover by themselves. */
import { followsLeader } from "../../model/leader.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { quorumOf } from "../view/etcd-view.ts";
import { hasVote } from "../view/has-vote.ts";

/** An agent out of sight for this long, while most others are in sight, hangs. Milliseconds. */
export const SILENT_MAX_MS = 60_000;

export function stopSilent({ view }: PlanContext, plan: PlanBuilder): void {
  const running = view.nodes.filter((n) => n.observedTask?.state === "TASK_RUNNING");
  const inSight = running.filter((n) => n.agent !== null).length;
  const spared = inSight >= quorumOf(running.length) && canSpareSilent(view);
  for (const node of view.nodes) {
    const { task, observedTask } = node;
    if (task === null || task.killRequestedAt !== null) continue;
    const isRunning = observedTask?.state === "TASK_RUNNING";
    // What Mesos cannot tell of either is given up elsewhere (tasks/apply-task-statuses.ts).
    if (!isRunning && task.unreachableSince === null) continue;
    watchSilence(node, isRunning && spared, plan);
  }
}

/**
 * What is out of sight may well serve on: behind it is only its agent, or the way to it. It may end
 * when the voters in sight are a quorum, or when there can be none that it is part of.
 */
export function canSpareSilent(view: ClusterView): boolean {
  const voters = view.nodes.filter((n) => hasVote(n, view.etcd));
  const quorum = quorumOf(voters.length);
  const following = voters.filter((n) => followsLeader(n.agent?.etcd ?? null)).length;
  if (following >= quorum) return true;
  const unseen = voters.filter((n) => n.agent === null).length;
  return following === 0 && unseen < quorum;
}

function watchSilence(node: NodeView, spared: boolean, plan: PlanBuilder): void {
  const since = node.task?.agentUnreachableSince ?? null;
  // One that speaks another version is not silent: it can't be told anything, and serves on.
  if (node.agent !== null || node.unsupported) {
    if (since !== null) plan.patchTask(node.slot, { agentUnreachableSince: null });
    return;
  }
  if (since === null) plan.patchTask(node.slot, { agentUnreachableSince: plan.now });
  const limit = (since ?? plan.now) + SILENT_MAX_MS;
  if (plan.now < limit) plan.requeue(limit);
  else if (spared) plan.killTask(node.slot, "its agent does not answer");
}
