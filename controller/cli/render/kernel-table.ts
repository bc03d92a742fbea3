/** Kernels that belong to the cluster, one a row. */
import type { KernelSummary } from "../../model/resource.ts";
import { renderTable } from "./table.ts";
import { ageOf, shortSize } from "./units.ts";

const NONE = "<none>";
const UNKNOWN = "<unknown>";

/** @param now milliseconds since the epoch, for ages */
export function kernelTable(
  kernels: readonly KernelSummary[],
  { wide, now }: { readonly wide: boolean; readonly now: number },
): string {
  const header = ["NOTEBOOK", "NAME", "NODE", "STATE", "SINCE", "MEMORY", "LAST END"];
  if (wide) header.push("SLOT", "ID", "WHY IT ENDED");
  const rows = kernels.map((kernel) => {
    const { notebook, name, node, slot, state, since, memoryBytes, lastExit } = kernel;
    return [
      notebook ?? NONE,
      name,
      node ?? `slot-${slot}`,
      state,
      since === null ? UNKNOWN : ageOf(since, now),
      memoryBytes === null ? UNKNOWN : shortSize(memoryBytes),
      lastExit === null ? NONE : `${lastExit.reason} ${ageOf(lastExit.at, now)} ago`,
      ...(wide ? [String(slot), kernel.id, lastExit?.message ?? NONE] : []),
    ];
  });
  return renderTable(header, rows);
}
