/** The cluster's kernels, as far as anybody tells of them at present. */
import type { KernelView, RememberedKernel } from "../../model/kernels.ts";
import type { ClusterMemory } from "../../model/memory.ts";
import type { KernelSummary, NodeStatus } from "../../model/resource.ts";
import { timestamp } from "../timestamp.ts";
import type { ClusterView } from "../view/cluster-view.ts";

export interface KernelNow
  extends RememberedKernel,
    Pick<KernelView, "state" | "since" | "memoryBytes"> {}

/** Null: nobody does just now. */
export function toldKernels({ nodes }: Pick<ClusterView, "nodes">): readonly KernelView[] | null {
  return nodes.find((n) => n.leads)?.agent?.kernels ?? null;
}

/** What is remembered, with what changes by the minute where it is told. */
export function kernelsNow(
  view: Pick<ClusterView, "nodes">,
  remembered: readonly RememberedKernel[],
): readonly KernelNow[] {
  const told = new Map(toldKernels(view)?.map((kernel) => [kernel.id, kernel]));
  return remembered.map((kernel) => {
    if (isLost(kernel)) {
      return { ...kernel, state: "lost", since: kernel.lastExit?.at ?? null, memoryBytes: null };
    }
    const now: Partial<KernelView> = told.get(kernel.id) ?? {};
    const { state = "unknown", since = null, memoryBytes = null } = now;
    return { ...kernel, state, since, memoryBytes };
  });
}

/** The container in which it ran is gone, or as good as. */
export function isLost({ lastExit, incarnation }: RememberedKernel): boolean {
  return lastExit?.reason === "NodeLost" && lastExit.incarnation === incarnation;
}

export function kernelSummaries(
  view: Pick<ClusterView, "nodes">,
  remembered: ClusterMemory["kernels"],
  nodes: readonly Pick<NodeStatus, "slot" | "name">[],
): readonly KernelSummary[] | null {
  if (remembered === null) return null;
  return kernelsNow(view, remembered).map((kernel) => {
    const { id, name, notebook, slot, state, since, memoryBytes, lastExit } = kernel;
    return {
      ...{ id, name, notebook, slot, state, memoryBytes },
      node: nodes.find((n) => n.slot === slot)?.name ?? null,
      since: since === null ? null : timestamp(since),
      lastExit: lastExit && {
        reason: lastExit.reason,
        message: lastExit.message,
        at: timestamp(lastExit.at),
      },
    };
  });
}
