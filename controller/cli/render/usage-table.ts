/** What nodes use, one a row. */
import type { NodeUsageStatus } from "../../model/node-usage.ts";
import { renderTable } from "./table.ts";
import { shortSize } from "./units.ts";

const HEADER = ["NODE", "SLOT", "HOST", "CPUS", "MEMORY", "OF", "DISK", "OF", "PROBLEM"];

export function usageTable(
  clusters: readonly { readonly name: string; readonly nodes: readonly NodeUsageStatus[] }[],
): string {
  const rows = clusters.flatMap(({ name, nodes }) =>
    nodes.map((node) => {
      const { slot, hostname, usage, cpus, problem } = node;
      return [
        node.name ?? `${name} slot-${slot}`,
        String(slot),
        hostname ?? "<none>",
        cpus === null ? "-" : cpus.toFixed(2),
        usage === null ? "-" : shortSize(usage.memoryBytes),
        usage?.memoryLimitBytes == null ? "-" : shortSize(usage.memoryLimitBytes),
        usage?.disk == null ? "-" : shortSize(usage.disk.usedBytes),
        usage?.disk == null ? "-" : shortSize(usage.disk.sizeBytes),
        problem ?? "",
      ];
    }),
  );
  return renderTable(HEADER, rows);
}
