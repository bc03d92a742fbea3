/**
 * A node that works, and is to go for a reason that can wait, goes when its kernels have done what they are at, or
 * when the bound of the spec is over. The wait is kept, so that a restart of the controller does not begin it anew.
 * What mends the quorum, or a node that does not work, never asks.
 */
import type { ClusterMemory, KernelWait } from "../../model/memory.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { timestamp } from "../timestamp.ts";
import { kernelTitle } from "../../model/kernels.ts";
import { type KernelNow, kernelsNow } from "./kernels-now.ts";
import { listed } from "./record-kernels.ts";

const WHAT: Readonly<Record<KernelWait["why"], string>> = {
  update: "update",
  drain: "drain",
  rebalance: "move",
  scaleIn: "removal",
};

/** One that nobody tells of may be busy: unknown is not idle. */
const BUSY: ReadonlySet<KernelNow["state"]> = new Set(["starting", "busy", "unknown"]);

/** Of the node's container, those that have something to lose. */
function busyKernels(
  { task }: Pick<NodeView, "task">,
  view: Pick<ClusterView, "nodes">,
  { kernels }: Pick<ClusterMemory, "kernels">,
): readonly KernelNow[] {
  if (kernels === null || task === null) return [];
  const { taskId } = task;
  return kernelsNow(view, kernels).filter((k) => k.taskId === taskId && BUSY.has(k.state));
}

/**
 * Whether the node stays for its kernels' sake; begins the wait if there was none.
 *
 * @param notAfter milliseconds since the epoch at which it goes anyhow; null: it stays if it may
 */
export function awaitsKernels(
  node: NodeView,
  why: KernelWait["why"],
  view: ClusterView,
  plan: PlanBuilder,
  notAfter: number | null = null,
): boolean {
  const busy = busyKernels(node, view, plan.memory);
  if (busy.length === 0) return false;
  const before = plan.slot(node.slot).task?.kernelWait ?? null;
  const wait = { since: before?.since ?? plan.now, why: before?.why ?? why, notAfter };
  const until = endOfWait(wait, view);
  if (plan.now >= until) return false;
  if (before?.notAfter !== notAfter || before === null) {
    plan.patchTask(node.slot, { kernelWait: wait });
  }
  if (before === null) {
    const message = `${describe(node.slot, wait, view)}: ${listed(busy.map(kernelTitle))}`;
    plan.addEvent("Normal", "KernelsAwaited", message);
  }
  plan.requeue(until);
  return true;
}

/** Milliseconds since the epoch. */
export function endOfWait(
  { since, notAfter }: KernelWait,
  { spec }: Pick<ClusterView, "spec">,
): number {
  const until = since + spec.kernels.busyWaitSeconds * 1000;
  return notAfter === null ? until : Math.min(until, notAfter);
}

/** Whether it was to go, and stays for its kernels' sake. */
export function isAwaitingKernels(
  node: Pick<NodeView, "task">,
  view: Pick<ClusterView, "nodes">,
  memory: Pick<ClusterMemory, "kernels">,
): boolean {
  return node.task?.kernelWait != null && busyKernels(node, view, memory).length > 0;
}

/** Of the nodes that stay for their kernels' sake, how long each does; clauses that change with no cell. */
export function describeWaits(
  view: ClusterView,
  memory: Pick<ClusterMemory, "kernels">,
): readonly string[] {
  return view.nodes.flatMap((node) => {
    const wait = node.task?.kernelWait ?? null;
    if (wait === null || !isAwaitingKernels(node, view, memory)) return [];
    return [describe(node.slot, wait, view)];
  });
}

function describe(slot: number, wait: KernelWait, view: ClusterView): string {
  const until = timestamp(endOfWait(wait, view));
  return `the ${WHAT[wait.why]} of slot ${slot} waits until ${until} at most for busy kernels`;
}
