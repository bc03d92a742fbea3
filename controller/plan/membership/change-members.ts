/**
 * The etcd membership follows the slots: one change at a time, only with a quorum that confirms
 * the present membership, and never one that would give the quorum up (DESIGN.md 6).
 */
import { peerUrl } from "../../model/ids.ts";
import type { Draft } from "../plan-builder.ts";
import { quorumOf } from "../view/etcd-view.ts";
import { type ClusterView, type NodeView, takesOrders } from "../view/cluster-view.ts";
import { isUnusedLearner } from "./start-etcd.ts";

export function changeMembers(view: ClusterView, draft: Draft): void {
  const { members } = view.etcd;
  if (members === null || draft.bootstrap?.phase !== "done" || view.empty) return;
  const change = promoteLearner(view, draft) ?? removeStale(view, draft) ?? addLearner(view, draft);
  if (change !== null) draft.membershipChanged = true;
}

function promoteLearner(view: ClusterView, draft: Draft): NodeView | null {
  const learner = view.nodes.find(
    (n) => n.wanted && n.member?.isLearner && n.member.name !== "" && n.agent?.etcd?.isLearner,
  );
  if (!learner?.member) return null;
  // The new voter counts towards the quorum at once, and it is in sight.
  if (view.etcd.healthyVoters + 1 < quorumOf(view.etcd.voters + 1)) return null;
  const { slot, member } = learner;
  draft.changeVote(slot, { type: "PromoteMember", slot, memberId: member.id });
  return learner;
}

/**
 * A member whose slot waits with nothing that could resume it stands in the way: it is dead for
 * good, so removing it takes nothing from the quorum.
 */
function removeStale(view: ClusterView, draft: Draft): NodeView | null {
  const stale = view.nodes.find(
    (n) => n.wanted && takesOrders(n) && isUseless(n) && !isUnusedLearner(n),
  );
  if (!stale?.member || !survivesRemoval(view, stale)) return null;
  const { slot, member } = stale;
  const remove = { type: "RemoveMember", slot, memberId: member.id } as const;
  if (member.isLearner) draft.act(remove);
  else draft.changeVote(slot, remove);
  const message = `the data of member ${member.id} in slot ${slot} ${whyStale(stale)}; it is replaced`;
  draft.event("Warning", "MemberReplaced", message);
  return stale;
}

function isUseless({ member, standing }: NodeView): boolean {
  return member !== null && (standing === "empty" || standing === "stale");
}

function whyStale({ agent, failing }: NodeView): string {
  if (agent?.data.state === "corrupt") return `is broken: ${agent.data.reason}`;
  return failing ? "does not let its etcd start" : "is lost";
}

/** The voters in sight, without this one, are a quorum of those that remain. */
export function survivesRemoval(view: ClusterView, node: NodeView): boolean {
  if (node.member?.isLearner) return true;
  const follows = node.agent?.etcd != null && node.agent.etcd.leaderId !== null ? 1 : 0;
  return view.etcd.healthyVoters - follows >= quorumOf(view.etcd.voters - 1);
}

function addLearner(view: ClusterView, draft: Draft): NodeView | null {
  const joiner = view.nodes.find(
    (n) => n.wanted && n.member === null && takesOrders(n) && n.standing !== "foreign",
  );
  if (joiner === undefined) return null;
  if (view.etcd.members?.some((m) => m.isLearner)) return makeRoom(view, draft);
  if (view.etcd.healthyVoters < quorumOf(view.etcd.voters)) return null;
  draft.act({ type: "AddLearner", slot: joiner.slot, peerUrl: peerUrl(joiner.ip) });
  draft.event("Normal", "MemberAdded", `slot ${joiner.slot} joins etcd as a learner`);
  return joiner;
}

/** etcd allows one learner. One whose container cannot be launched must not keep others out. */
function makeRoom(view: ClusterView, draft: Draft): NodeView | null {
  const idle = view.nodes.find((n) => n.member?.isLearner && n.task === null);
  if (!idle?.member) return null;
  draft.act({ type: "RemoveMember", slot: idle.slot, memberId: idle.member.id });
  return idle;
}
