/**
 * Members that are none of this cluster's leave etcd. Each of them counts towards the quorum: two are
 * borne by a cluster of three, and the third would stop it with every node alive.
 */
import type { QuorateContext } from "../guards.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import { quorumOf } from "../view/etcd-view.ts";
import { describeMember, foreignMembers } from "../view/foreign-members.ts";

/** One at a time, and only while our own nodes are a quorum of all members without them. */
export function removeForeign({ view }: QuorateContext, plan: PlanBuilder): void {
  const foreign = foreignMembers(view);
  // One that never started casts no vote, so that nothing is lost with it.
  const next = foreign.find((m) => m.name === "") ?? foreign[0];
  if (next === undefined || view.etcd.healthyVoters < quorumOf(view.etcd.voters)) return;
  plan.addAction({ type: "RemoveMember", slot: null, memberId: next.id });
  const message = `member ${describeMember(next)} is none of this cluster's; it is removed from etcd`;
  plan.addOrderEvent("Warning", "ForeignMemberRemoved", message);
}
