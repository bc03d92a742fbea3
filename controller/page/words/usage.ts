/** What nodes use as rows. Pure. */
import { shortSize } from "../../cli/render/units.ts";
import type { NodeUsageStatus } from "../../model/node-usage.ts";

export interface UsageRow {
  readonly slot: number;
  readonly node: string;
  /** Empty where it is not told, as the others are. */
  readonly cpus: string;
  readonly memory: string;
  readonly disk: string;
  readonly problem: string;
}

export function usageRow({ slot, name, usage, cpus, problem }: NodeUsageStatus): UsageRow {
  const disk = usage?.disk ?? null;
  return {
    slot,
    node: name ?? `slot-${slot}`,
    cpus: cpus === null ? "" : cpus.toFixed(2),
    memory: usage === null ? "" : shareOf(usage.memoryBytes, usage.memoryLimitBytes),
    disk: disk === null ? "" : shareOf(disk.usedBytes, disk.sizeBytes),
    problem: problem ?? "",
  };
}

function shareOf(used: number, all: number | null): string {
  return all === null ? shortSize(used) : `${shortSize(used)} of ${shortSize(all)}`;
}
