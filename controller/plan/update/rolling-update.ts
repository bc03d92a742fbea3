/**
 * Containers made from an older template are replaced one at a time: those that do not take part
 * first, then followers, the leader last after its leadership moved (DESIGN.md 6). Nobody leaves
 * while the one replaced before has not rejoined, so a bad image stops at the first node.
 */
import type { Draft } from "../plan-builder.ts";
import { quorumOf } from "../view/etcd-view.ts";
import type { PlanInput } from "../input.ts";
import { isJobRunning } from "../jobs.ts";
import { moveLeaderAway } from "./move-leader.ts";
import { notReadyReasons, ownFaults } from "../health/readiness.ts";
import type { ClusterView, NodeView } from "../view/cluster-view.ts";
import { SILENT_MAX_MS } from "../tasks/stop-tasks.ts";

const REASON = "updated to the new template";

export function rollingUpdate(view: ClusterView, input: PlanInput, draft: Draft): void {
  // A member that is being defragmented does not answer: no other may be away meanwhile.
  if (isJobRunning("Defragment", input)) return;
  if (view.mesos === null || view.empty || view.spec.updateStrategy === "OnDelete") return;
  const outdated = view.nodes.filter((n) => n.wanted && n.outdated);
  if (outdated.length === 0 || draft.membershipChanged) return;
  if (view.nodes.some((n) => n.task !== null && n.task.killRequestedAt !== null)) return;
  const faulty = view.nodes.filter((n) => ownFaults(n, view).length > 0);
  // What was updated does not work: nobody else gets the same.
  if (faulty.some((n) => n.wanted && !n.outdated)) return;
  const broken = outdated.find((n) => faulty.includes(n) && isDispensable(n, view, draft));
  if (broken !== undefined) replaceNode(broken, view, draft);
  else if (view.nodes.every((n) => n.wanted && notReadyReasons(n, view).length === 0)) {
    const next = outdated.findLast((n) => !n.leads) ?? outdated[0];
    if (next !== undefined && (next.leads || survivesAbsence(view))) replaceNode(next, view, draft);
  }
}

function replaceNode(node: NodeView, view: ClusterView, draft: Draft): void {
  if (!node.leads) draft.kill(node.slot, REASON);
  else if (view.nodes.length > 1) moveLeaderAway(view, draft, node);
  else if (view.spec.etcd.dataVolume === "local") draft.kill(node.slot, REASON);
}

/** A node that does not work and takes no part in etcd, or whose vote the others can do without. */
function isDispensable(node: NodeView, view: ClusterView, draft: Draft): boolean {
  if (node.agent === null) {
    // Out of sight is not idle: it may carry the quorum.
    const since = node.task?.silentSince ?? draft.now;
    return draft.now - since >= SILENT_MAX_MS;
  }
  if (node.agent.etcd === null || node.member?.isLearner) return true;
  return view.etcd.members !== null && survivesAbsence(view);
}

/**
 * One or two members can't spare one; on data volumes they are updated all the same, with a short
 * outage. Data that dies with its container must not lose its quorum.
 */
function survivesAbsence(view: ClusterView): boolean {
  const { healthyVoters, voters } = view.etcd;
  // Fewer than the spec wants are waited for: they will be able to spare one.
  const few = Math.max(voters, view.spec.replicas) < 3;
  const short = few && view.spec.etcd.dataVolume === "local";
  return short || healthyVoters - 1 >= quorumOf(voters);
}
