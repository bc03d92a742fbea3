/** Leadership moves before its holder leaves, so that nobody waits for an election. */
import type { PlanBuilder } from "../plan-builder.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";

/**
 * To a healthy voter that stays, one of the new template if there is any; else nobody moves.
 * @param why a clause for people; null: nothing is said of it
 */
export function moveLeaderAway(
  from: NodeView,
  view: ClusterView,
  plan: PlanBuilder,
  isFit: (node: NodeView) => boolean = () => true,
  why: string | null = null,
): void {
  const candidates = view.nodes.filter(
    (n) =>
      n.desired &&
      n.slot !== from.slot &&
      n.member !== null &&
      !n.member.isLearner &&
      n.agent?.etcd?.leaderId === view.etcd.leader?.memberId &&
      isFit(n),
  );
  const to = candidates.find((n) => !n.outdated) ?? candidates[0];
  if (!to?.member) return;
  const toMemberId = to.member.id;
  plan.addAction({ type: "MoveLeader", fromSlot: from.slot, toSlot: to.slot, toMemberId });
  const because = why === null ? "" : `: ${why}`;
  const message = `leadership goes from slot ${from.slot} to ${to.slot}${because}`;
  plan.addOrderEvent("Normal", "LeaderMoved", message);
}
