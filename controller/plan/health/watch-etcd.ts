/** Notices an etcd that ends again and again while the others are quorate; the clock is durable. */
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { FAILING_MAX_MS } from "../view/failing-etcd.ts";

export function watchEtcd({ view }: PlanContext, plan: PlanBuilder): void {
  for (const node of view.nodes) {
    const since = node.task?.etcdFailingSince ?? null;
    if (since === null && endsAgainAndAgain(node, view)) {
      plan.patchTask(node.slot, { etcdFailingSince: plan.now });
      plan.requeue(plan.now + FAILING_MAX_MS);
    } else if (since !== null) {
      // Out of sight is not well again.
      if (node.agent?.etcd != null) plan.patchTask(node.slot, { etcdFailingSince: null });
      else if (!node.failing) plan.requeue(since + FAILING_MAX_MS);
    }
  }
}

/** Without a quorum an etcd cannot but fail, and says nothing of its data by that. */
function endsAgainAndAgain({ agent }: NodeView, view: ClusterView): boolean {
  if (agent?.phase !== "running" || view.etcd.members === null) return false;
  return agent.etcd === null && agent.units.etcd.state === "backoff";
}
