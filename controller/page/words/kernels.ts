/** Kernels of a status as rows. Pure. */
import { shortSize } from "../../cli/render/units.ts";
import { kernelTitle } from "../../model/kernels.ts";
import type { ClusterStatus, KernelSummary } from "../../model/resource.ts";

export interface KernelRow {
  readonly id: string;
  readonly notebook: string;
  readonly node: string;
  readonly state: string;
  readonly memory: string;
  /** RFC 3339; null: not told. */
  readonly since: string | null;
  readonly lastExit: KernelSummary["lastExit"];
}

/**
 * Null: they are JupyterLab's own, or nobody has told of any, which is not the same as that none runs. The status
 * of an older release has no word of them.
 */
export function kernelsIn({
  kernels = null,
}: Partial<Pick<ClusterStatus, "kernels">>): readonly KernelRow[] | null {
  return kernels && kernels.map(rowOf);
}

function rowOf({ id, name, notebook, node, slot, memoryBytes, ...told }: KernelSummary): KernelRow {
  const { state, since, lastExit } = told;
  return {
    ...{ id, state, since, lastExit },
    notebook: kernelTitle({ id, name, notebook }),
    node: node ?? `slot-${slot}`,
    memory: memoryBytes === null ? "" : shortSize(memoryBytes),
  };
}
