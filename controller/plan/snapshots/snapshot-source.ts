/** Which node a snapshot is asked of when a person wants one now. */
import { findLeader, type LeaderCandidate } from "../../model/leader.ts";

/**
 * The leader has whatever was acknowledged; without one, the voter that has come furthest. Null:
 * no etcd answers.
 */
export function snapshotSource(nodes: readonly LeaderCandidate[]): LeaderCandidate | null {
  const leader = findLeader(nodes);
  const revisionOf = (node: LeaderCandidate) => node.agent?.etcd?.revision ?? 0;
  const voters = nodes
    .filter(({ agent }) => agent?.etcd?.isLearner === false)
    .toSorted((a, b) => revisionOf(b) - revisionOf(a));
  return voters.find((node) => node.slot === leader?.slot) ?? voters[0] ?? null;
}
