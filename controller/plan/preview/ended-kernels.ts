/** Which kernels end with the containers that a change of the spec stops or replaces. Pure. */
import { slotCount } from "../../../crd-schema/slots.ts";
import { livingKernels } from "../../model/kernels.ts";
import type { EndedKernel, PreviewedChange } from "../../model/preview.ts";
import type { KernelSummary } from "../../model/resource.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";

export function endedKernels(
  changes: readonly Pick<PreviewedChange, "kind">[],
  wanted: ClusterSpec,
  kernels: readonly KernelSummary[],
): readonly EndedKernel[] {
  const kinds = new Set(changes.map(({ kind }) => kind));
  const replaced = kinds.has("rolling") && wanted.updateStrategy === "RollingUpdate";
  const all = replaced || (kinds.has("stop") && wanted.suspend);
  return livingKernels(kernels)
    .filter(({ slot }) => all || slot >= slotCount(wanted))
    .map(({ id, name, notebook, node, slot, state }) => ({
      id,
      name,
      notebook,
      node,
      slot,
      state,
    }));
}
