/** A node that is not to go any more waits no more: when it is to go again, its kernels have their time anew. */
import type { KernelWait } from "../../model/memory.ts";
import { isRebalancing } from "../../model/rebalance.ts";
import type { ReconciledContext } from "../guards.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { NodeView } from "../view/node-view.ts";
import { drainingBecause, isUntold } from "./leave-draining.ts";

export function forgetKernelWaits({ view }: ReconciledContext, plan: PlanBuilder): void {
  for (const node of view.nodes) {
    const wait = node.task?.kernelWait ?? null;
    if (wait === null || isToGo[wait.why](node, view, plan)) continue;
    plan.patchTask(node.slot, { kernelWait: null });
  }
}

type Asks = (node: NodeView, view: ReconciledContext["view"], plan: PlanBuilder) => boolean;

const isToGo: Readonly<Record<KernelWait["why"], Asks>> = {
  update: ({ outdated, desired }, { spec }) =>
    outdated && desired && spec.updateStrategy === "RollingUpdate",
  drain: (node, view, { now }) =>
    node.desired && (drainingBecause(node, view, now) !== null || isUntold(node, view, now)),
  scaleIn: ({ desired }) => !desired,
  rebalance: (_, __, { memory: { rebalance } }) => isRebalancing(rebalance) && !rebalance.preview,
};
