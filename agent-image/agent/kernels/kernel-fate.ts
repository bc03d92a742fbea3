/** Whether a kernel lives, as far as etcd tells. Pure. */
import type { KernelView } from "../../../controller/model/kernels.ts";
import type { ClusterData } from "../naming/cluster-data.ts";
import type { KernelRecord, KernelRecords } from "./kernel-records.ts";

/**
 * `lost`: the container in which it ran is gone: its slot has another one, or is wanted no more and has none.
 * `unknown`: its node says nothing, which is no death.
 */
export type KernelFate = "alive" | "dead" | "lost" | "unknown";

export function fateOf(
  { spec, status }: KernelRecord,
  { members, desired }: Pick<ClusterData, "members" | "desired">,
): KernelFate {
  const member = members.find(({ slot }) => slot === spec.slot);
  if (member !== undefined && member.taskId !== spec.taskId) return "lost";
  const isWanted = desired === null || desired.slots.some(({ slot }) => slot === spec.slot);
  if (member === undefined && !isWanted) return "lost";
  if (status === null) return "unknown";
  // What is ordered and not begun lives as little as what has ended.
  if (status.incarnation < spec.incarnation) return "unknown";
  return status.exit === null ? "alive" : "dead";
}

export const NODE_LOST_MESSAGE = "The kernel was lost with its node; what it held is gone.";

/** Of one text: users name notebooks, and all kernels have to fit into one message to the controller. */
const TEXT_LENGTH_MAX = 256;

/** What the leader's agent tells of all kernels, without secrets. */
export function viewsOf(records: KernelRecords, data: ClusterData): KernelView[] {
  return [...records.kernels.values()].map((record) => {
    const { spec, status } = record;
    const fate = fateOf(record, data);
    const session = records.sessions.find((s) => s.kernelId === spec.kernelId);
    const lastExit = status?.lastExit ?? spec.lastExit;
    const gone = fate === "unknown" || fate === "lost";
    return {
      id: spec.kernelId,
      name: clipped(spec.name),
      notebook: session === undefined ? null : clipped(session.path),
      slot: spec.slot,
      taskId: spec.taskId,
      incarnation: spec.incarnation,
      state: fate === "lost" ? "lost" : gone || status === null ? "unknown" : status.state,
      since: gone ? null : (status?.since ?? null),
      memoryBytes: gone ? null : (status?.memoryBytes ?? null),
      lastExit: lastExit && { ...lastExit, message: clipped(lastExit.message) },
    };
  });
}

function clipped(text: string): string {
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX - 1)}…` : text;
}
