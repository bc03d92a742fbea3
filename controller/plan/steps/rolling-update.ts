/**
 * Containers made from an older template are replaced one at a time: those that do not take part
 * first, then followers, the leader last after its leadership moved (DESIGN.md 6). Nobody leaves
 * while the one replaced before has not rejoined, so a bad image stops at the first node.
 */
import type { Draft } from "../draft.ts";
import { quorumOf } from "../etcd-view.ts";
import { notReadyReasons } from "../readiness.ts";
import type { ClusterView } from "../view.ts";
import { moveLeaderAway } from "./scale-in.ts";

const REASON = "updated to the new template";

export function rollingUpdate(view: ClusterView, draft: Draft): void {
  if (view.mesos === null || view.empty || view.spec.updateStrategy === "OnDelete") return;
  const outdated = view.nodes.filter((n) => n.wanted && n.outdated);
  if (outdated.length === 0) return;
  if (view.nodes.some((n) => n.task !== null && n.task.killRequestedAt !== null)) return;
  const notReady = view.nodes.filter((n) => notReadyReasons(n, view).length > 0);
  const idle = outdated.find((n) => notReady.includes(n) && n.agent?.etcd == null);
  if (idle !== undefined) {
    draft.kill(idle.slot, REASON);
    return;
  }
  if (notReady.length > 0 || view.nodes.some((n) => !n.wanted) || draft.membershipChanged) return;
  const follower = outdated.findLast((n) => !n.leads);
  const [leader] = outdated;
  if (follower !== undefined) {
    if (survivesAbsence(view)) draft.kill(follower.slot, REASON);
  } else if (leader !== undefined && view.nodes.length > 1) {
    moveLeaderAway(view, draft, leader);
  } else if (leader !== undefined) {
    draft.kill(leader.slot, REASON);
  }
}

/** One or two members can't spare one; they are updated all the same, with a short outage. */
function survivesAbsence(view: ClusterView): boolean {
  const { healthyVoters, voters } = view.etcd;
  return voters < 3 || healthyVoters - 1 >= quorumOf(voters);
}
