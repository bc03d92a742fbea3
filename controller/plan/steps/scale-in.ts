/** Slots beyond `replicas` leave: leadership first, then the member, then the container. */
import type { Draft } from "../draft.ts";
import type { ClusterView, NodeView } from "../view.ts";
import { survivesRemoval } from "./change-members.ts";

export function scaleIn(view: ClusterView, draft: Draft): void {
  if (view.empty) return;
  const extra = view.nodes.filter((n) => !n.wanted).reverse();
  if (extra.length === 0) return;
  for (const node of extra) {
    if (node.member === null && isKnownMemberless(view, draft)) stopNode(view, draft, node);
  }
  if (view.etcd.members === null || draft.membershipChanged) return;
  const leaving = extra.find((n) => n.member !== null);
  if (leaving?.member == null) return;
  if (leaving.leads) {
    moveLeaderAway(view, draft, leaving);
  } else if (survivesRemoval(view, leaving)) {
    draft.act({ type: "RemoveMember", slot: leaving.slot, memberId: leaving.member.id });
    draft.event("Normal", "MemberRemoved", `slot ${leaving.slot} leaves etcd: scaled in`);
    draft.membershipChanged = true;
  }
}

/** Without a quorum's word, "no member" may only mean that nobody could be asked. */
function isKnownMemberless(view: ClusterView, draft: Draft): boolean {
  return view.etcd.members !== null || draft.bootstrap === null;
}

function stopNode(view: ClusterView, draft: Draft, node: NodeView): void {
  if (view.mesos !== null && node.task !== null) draft.kill(node.slot, "scaled in");
}

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
