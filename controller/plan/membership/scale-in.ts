/** Slots beyond `replicas` leave: leadership first, then the member, then the container. */
import type { Draft } from "../plan-builder.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { moveLeaderAway } from "../update/move-leader.ts";
import { survivesRemoval } from "./change-members.ts";

export function scaleIn(view: ClusterView, draft: Draft): void {
  if (view.empty) return;
  const extra = view.nodes.filter((n) => !n.wanted).reverse();
  if (extra.length === 0) return;
  // While the first members form, each of them counts, though no quorum can tell it yet.
  const stoppable = draft.bootstrap?.phase === "started" ? [] : extra;
  for (const node of stoppable) {
    if (draft.slot(node.slot).memberId === null && view.mesos !== null) {
      draft.kill(node.slot, "scaled in");
    }
  }
  if (view.etcd.members === null || draft.membershipChanged) return;
  const members = extra.filter((n) => n.member !== null);
  // Those that are down leave first: each of them is a vote that can't be cast.
  const leaving =
    members.find((n) => n.agent?.etcd == null && survivesRemoval(view, n)) ??
    members.find((n) => !n.leads && survivesRemoval(view, n)) ??
    members.find((n) => n.leads);
  if (leaving?.member == null) return;
  if (leaving.leads) {
    moveLeaderAway(view, draft, leaving);
  } else {
    const { slot, member } = leaving;
    draft.changeVote(slot, { type: "RemoveMember", slot, memberId: member.id });
    draft.event("Normal", "MemberRemoved", `slot ${slot} leaves etcd: scaled in`);
    draft.membershipChanged = true;
  }
}
