/** Which kernels something would end, told for a person. Pure: the page says the same. */
import { kernelTitle } from "../../model/kernels.ts";
import type { EndedKernel } from "../../model/preview.ts";

/** Kernels that a sentence names; the page and `kernels` have them all. */
const NAMED_MAX = 10;

/** A clause; null: it would end none, as far as anybody tells of kernels. */
export function endedKernelsText(kernels: readonly EndedKernel[]): string | null {
  if (kernels.length === 0) return null;
  const named = kernels.slice(0, NAMED_MAX).map((kernel) => {
    const { node, slot, state } = kernel;
    return `${kernelTitle(kernel)} on ${node ?? `slot-${slot}`} (${state})`;
  });
  const more = kernels.length - named.length;
  const all = more > 0 ? `${named.join(", ")} and ${more} more` : named.join(", ");
  return `ends ${kernels.length === 1 ? "1 kernel" : `${kernels.length} kernels`}: ${all}`;
}
