/** Leadership moves before its holder leaves, so that nobody waits for an election. */
import type { Draft } from "../plan-builder.ts";
import type { ClusterView, NodeView } from "../view/cluster-view.ts";

/** To a healthy voter that stays, one of the new template if there is any; else nobody moves. */
export function moveLeaderAway(view: ClusterView, draft: Draft, from: NodeView): void {
  const heirs = view.nodes.filter(
    (n) =>
      n.wanted &&
      n.slot !== from.slot &&
      n.member !== null &&
      !n.member.isLearner &&
      n.agent?.etcd?.leaderId === view.etcd.leader?.memberId,
  );
  const heir = heirs.find((n) => !n.outdated) ?? heirs[0];
  if (!heir?.member) return;
  draft.act({
    type: "MoveLeader",
    fromSlot: from.slot,
    toSlot: heir.slot,
    toMemberId: heir.member.id,
  });
  draft.event("Normal", "LeaderMoved", `leadership goes from slot ${from.slot} to ${heir.slot}`);
}
