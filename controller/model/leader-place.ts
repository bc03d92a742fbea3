import type { ClusterStatus } from "./resource.ts";

/**
 * Where the leader runs: `slot-1 on host-a`. Its name says nothing, for it is always NAME-0.
 *
 * @returns null while nobody leads
 */
export function leaderPlace({ leader, nodes }: ClusterStatus): string | null {
  const node = nodes.find((candidate) => candidate.leader);
  if (leader === null || node === undefined) return null;
  return node.hostname === null ? `slot-${node.slot}` : `slot-${node.slot} on ${node.hostname}`;
}
