/** Notices an etcd that ends again and again while the others are quorate; the clock is durable. */
import type { Draft } from "../plan-builder.ts";
import { FAILING_MAX_MS } from "./failing-etcd.ts";
import type { ClusterView, NodeView } from "../view/cluster-view.ts";

export function watchEtcd(view: ClusterView, draft: Draft): void {
  for (const node of view.nodes) {
    const since = node.task?.etcdFailingSince ?? null;
    if (since === null && endsAgainAndAgain(node, view)) {
      draft.patchTask(node.slot, { etcdFailingSince: draft.now });
      draft.requeue(draft.now + FAILING_MAX_MS);
    } else if (since !== null) {
      // Out of sight is not well again.
      if (node.agent?.etcd != null) draft.patchTask(node.slot, { etcdFailingSince: null });
      else if (!node.failing) draft.requeue(since + FAILING_MAX_MS);
    }
  }
}

/** Without a quorum an etcd cannot but fail, and says nothing of its data by that. */
function endsAgainAndAgain({ agent }: NodeView, view: ClusterView): boolean {
  if (agent?.phase !== "running" || view.etcd.members === null) return false;
  return agent.etcd === null && agent.units.etcd.state === "backoff";
}
