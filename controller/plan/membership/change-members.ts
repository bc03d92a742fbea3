/**
 * The etcd membership follows the slots: one change at a time, only with a quorum that confirms
 * the present membership, and never one that would give the quorum up (docs/ARCHITECTURE.md).
 */
import type { PlanBuilder } from "../plan-builder.ts";
import type { QuorateContext } from "../guards.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { quorumOf } from "../view/etcd-view.ts";
import { isLearning, losesItsVote } from "../view/spare-slot.ts";
import { takesStartCommand } from "../view/takes-start-command.ts";

export function changeMembers({ view }: QuorateContext, plan: PlanBuilder): void {
  for (const change of [promoteLearner, removeSpareVoter, removeStale, joinNext]) {
    change(view, plan);
    if (plan.changesMembership) return;
  }
}

function promoteLearner(view: ClusterView, plan: PlanBuilder): void {
  const learner = view.nodes.find(
    (n) => n.desired && !n.spare && n.member?.isLearner && isLearning(n),
  );
  if (!learner?.member) return;
  // The new voter counts towards the quorum at once, and it is in sight.
  if (view.etcd.healthyVoters + 1 < quorumOf(view.etcd.voters + 1)) return;
  const { slot, member } = learner;
  if (!plan.addVoteChange({ type: "PromoteMember", slot, memberId: member.id })) return;
  const lost = view.nodes.find((n) => losesItsVote(n, view.etcd));
  if (lost === undefined) return;
  const message = `slot ${slot}, which stood by, gets the vote that slot ${lost.slot} has lost`;
  plan.addOrderEvent("Normal", "SparePromoted", message);
}

/**
 * Another votes in its place (view/spare-slot.ts): it is to learn, and etcd takes nobody's vote but by removing
 * the member. Its slot joins again.
 */
function removeSpareVoter(view: ClusterView, plan: PlanBuilder): void {
  const spare = view.nodes.find((n) => losesItsVote(n, view.etcd));
  if (!spare?.member) return;
  const others = view.nodes.filter(
    (n) => n !== spare && n.desired && n.member?.isLearner === false,
  );
  if (others.length < view.spec.replicas || !survivesRemoval(view, spare)) return;
  const { slot, member } = spare;
  if (!plan.addVoteChange({ type: "RemoveMember", slot, memberId: member.id })) return;
  const voters = others.map((n) => n.slot).join(", ");
  const message = `slots ${voters} vote; slot ${slot} leaves etcd, and joins again as the spare`;
  plan.addOrderEvent("Normal", "SpareReplaced", message);
}

/**
 * A member whose slot waits with nothing that could resume it stands in the way: it is dead for
 * good, so removing it takes nothing from the quorum.
 */
function removeStale(view: ClusterView, plan: PlanBuilder): void {
  const stale = view.nodes.find(
    (n) => n.desired && takesStartCommand(n) && isUseless(n) && !isUnusedLearner(n),
  );
  if (!stale?.member || !survivesRemoval(view, stale)) return;
  const { slot, member } = stale;
  const remove = { type: "RemoveMember", slot, memberId: member.id } as const;
  if (member.isLearner) plan.addAction(remove);
  else if (!plan.addVoteChange(remove)) return;
  const message = `the data of member ${member.id} in slot ${slot} ${whyStale(stale)}; it is replaced`;
  plan.addOrderEvent("Warning", "MemberReplaced", message);
}

function isUseless({ member, dataOwnership }: NodeView): boolean {
  return member !== null && (dataOwnership === "empty" || dataOwnership === "stale");
}

function whyStale({ agent, failing }: NodeView): string {
  if (agent?.data.state === "corrupt") return `is broken: ${agent.data.reason}`;
  return failing ? "does not let its etcd start" : "is lost";
}

/** The voters whose votes count now, without this one, are a quorum of those that remain. */
export function survivesRemoval(view: ClusterView, node: NodeView): boolean {
  if (node.member?.isLearner) return true;
  const { confirmedVoters, voters } = view.etcd;
  const others = [...confirmedVoters].filter((id) => id !== node.member?.id);
  return others.length >= quorumOf(voters - 1);
}

function joinNext(view: ClusterView, plan: PlanBuilder): void {
  const joiners = view.nodes.filter(
    (n) => n.desired && n.member === null && takesStartCommand(n) && n.dataOwnership !== "foreign",
  );
  const joiner = joiners.find((n) => !n.spare) ?? joiners[0];
  if (joiner === undefined) return;
  if (view.etcd.members?.some((m) => m.isLearner)) return makeRoom(view, plan);
  if (view.etcd.healthyVoters < quorumOf(view.etcd.voters)) return;
  plan.addAction({ type: "AddLearner", slot: joiner.slot, peerUrl: joiner.peerUrl });
  const as = joiner.spare ? "the spare, a learner that is not promoted" : "a learner";
  plan.addOrderEvent("Normal", "MemberAdded", `slot ${joiner.slot} joins etcd as ${as}`);
}

/** etcd allows one learner. One whose container cannot be launched must not keep others out. */
function makeRoom(view: ClusterView, plan: PlanBuilder): void {
  const idle = view.nodes.find((n) => n.member?.isLearner && n.task === null);
  if (!idle?.member) return;
  plan.addAction({ type: "RemoveMember", slot: idle.slot, memberId: idle.member.id });
}

/** A member that was added for a join and never started: only such a one may be started empty. */
export function isUnusedLearner(node: NodeView): boolean {
  const { member } = node;
  if (member === null || !member.isLearner || member.name !== "") return false;
  // An etcd that fails with an earlier member's data has not tried this one yet.
  const tried = node.task?.startCommand?.etcd;
  const failed = node.failing && tried?.mode === "join" && tried.memberId === member.id;
  return member.id !== node.memory.retiredMemberId && !failed;
}
