/**
 * Slots beyond `replicas` leave: leadership first, then the member, then the container. One whose kernels are busy
 * keeps its member as long as they may take.
 */
import type { PlanBuilder } from "../plan-builder.ts";
import type { QuorateContext } from "../guards.ts";
import type { PlanContext } from "../step.ts";
import { staysForKernels } from "../update/leave-draining.ts";
import { moveLeaderAway } from "../update/move-leader.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { survivesRemoval } from "./change-members.ts";

/** Containers whose members are gone. */
export function stopScaledIn({ view }: PlanContext, plan: PlanBuilder): void {
  // While the first members form, each of them counts, though no quorum can tell it yet.
  if (plan.memory.bootstrap?.phase === "started") return;
  for (const { slot } of surplus(view)) {
    if (plan.slot(slot).memberId === null) plan.killTask(slot, "scaled in");
  }
}

export function scaleIn({ view }: QuorateContext, plan: PlanBuilder): void {
  const members = surplus(view).filter((n) => n.member !== null);
  const stays = (n: NodeView) => staysForKernels(n, "scaleIn", view, plan);
  // Those that are down leave first: each of them is a vote that can't be cast.
  const leaving =
    members.find((n) => n.agent?.etcd == null && survivesRemoval(view, n)) ??
    members.find((n) => !n.leads && survivesRemoval(view, n) && !stays(n)) ??
    members.find((n) => n.leads);
  if (leaving?.member == null) return;
  if (leaving.leads) return moveLeaderAway(leaving, view, plan);
  const { slot, member } = leaving;
  if (!plan.addVoteChange({ type: "RemoveMember", slot, memberId: member.id })) return;
  plan.addOrderEvent("Normal", "MemberRemoved", `slot ${slot} leaves etcd: scaled in`);
}

/** The highest slot goes first. */
function surplus(view: ClusterView): readonly NodeView[] {
  return view.nodes.filter((n) => !n.desired).reverse();
}
