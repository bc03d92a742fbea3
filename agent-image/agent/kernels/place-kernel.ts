/** On which node a kernel is started. Pure. */
import type { KernelsConfig } from "../../../controller/model/kernels.ts";
import type { MemberRecord } from "../../../controller/model/naming.ts";
import type { ClusterData } from "../naming/cluster-data.ts";
import type { KernelRecord } from "./kernel-records.ts";

/**
 * The least loaded: with the fewest living kernels, then those that take the least memory, then the lowest slot.
 *
 * @param leaderSlot it serves everybody's pages, and its loss costs an election: with `spread` it is the last choice
 * @returns null: no node that lives runs kernels
 */
export function placeKernel(
  placement: KernelsConfig["placement"],
  { members, desired }: Pick<ClusterData, "members" | "desired">,
  kernels: Iterable<KernelRecord>,
  leaderSlot: number,
): MemberRecord | null {
  const wanted = new Set(desired?.slots.map(({ slot }) => slot));
  const able = members.filter((m) => m.kernels !== undefined && wanted.has(m.slot));
  const leader = able.find(({ slot }) => slot === leaderSlot) ?? null;
  if (placement === "leader" && leader !== null) return leader;
  const others = able.filter((member) => member !== leader);
  const loads = new Map(others.map((m) => [m.taskId, { count: 0, bytes: 0 }]));
  for (const { spec, status } of kernels) {
    const load = loads.get(spec.taskId);
    if (load === undefined || status?.state === "dead") continue;
    load.count += 1;
    load.bytes += status?.memoryBytes ?? 0;
  }
  const loadOf = ({ taskId }: MemberRecord) => loads.get(taskId) ?? { count: 0, bytes: 0 };
  const sorted = others.toSorted((a, b) => {
    const [x, y] = [loadOf(a), loadOf(b)];
    return x.count - y.count || x.bytes - y.bytes || a.slot - b.slot;
  });
  return sorted[0] ?? leader;
}
