/** Whether a node that works may be taken away for a while, by whoever has a reason to. */
import { unconvergedReasons } from "../health/readiness.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { quorumOf } from "../view/etcd-view.ts";
import { isMissingSpare } from "../view/spare-slot.ts";

/** From its container's end to the next launch it takes an offer, as a rule a second. */
const SPARE_MS_MAX = 15_000;

/**
 * Those without which nobody is to leave: all but a spare that cannot be launched. One whose container has just ended
 * is about to be.
 */
export function presentNodes(view: ClusterView, plan: PlanBuilder): readonly NodeView[] {
  return view.nodes.filter((node) => {
    const awaitedUntil = (node.memory.endedAt ?? -SPARE_MS_MAX) + SPARE_MS_MAX;
    if (!isMissingSpare(node)) return true;
    if (plan.now < awaitedUntil) plan.requeue(awaitedUntil);
    return plan.now < awaitedUntil;
  });
}

/**
 * Null: one may. Else why not, as a clause about the cluster.
 *
 * @param leaves of which nodes nobody else may leave
 */
export function cannotSpareOne(
  view: ClusterView,
  plan: PlanBuilder,
  leaves: (node: NodeView) => boolean = (node) => !node.desired,
): string | null {
  const leaving = plan.memory.slots.find((s) => s.task !== null && s.task.killRequestedAt !== null);
  if (leaving !== undefined) return `slot ${leaving.slot} is being stopped`;
  const { healthyVoters, voters } = view.etcd;
  if (healthyVoters - 1 < quorumOf(voters)) {
    return `${healthyVoters} of ${voters} voters work, none of which the quorum can spare`;
  }
  const extra = view.nodes.find(leaves);
  if (extra !== undefined) return `slot ${extra.slot} is leaving`;
  for (const node of presentNodes(view, plan)) {
    const [reason] = unconvergedReasons(node, view);
    if (reason !== undefined) return `slot ${node.slot} is not ready: ${reason}`;
  }
  return null;
}
