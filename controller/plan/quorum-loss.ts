/**
 * Can a quorum still come back by itself? Unknown is not lost: a voter counts as lost only when its
 * own agent says that its data is gone. A host that is merely cut off may hold a living majority,
 * and a cluster begun anew beside it would be a second one.
 */
import { quorumOf } from "./etcd-view.ts";
import type { ClusterView, NodeView } from "./view.ts";

export interface QuorumLoss {
  /** Slots whose members have votes. */
  readonly voters: readonly number[];
  /** Voters whose data is there and of use. */
  readonly holders: readonly NodeView[];
  /** Voters whose data is gone for certain. */
  readonly lost: readonly number[];
  /** Voters of which nobody can say. */
  readonly unseen: readonly number[];
  /** True when the rest can never be a quorum again. */
  readonly certain: boolean;
}

export function judgeLoss(view: ClusterView): QuorumLoss {
  const remembered = view.nodes.filter((n) => n.memory.memberId !== null && !n.memory.isLearner);
  // Data that was adopted tells no membership: then every wanted slot may have a vote.
  const voters = remembered.length > 0 ? remembered : view.nodes.filter((n) => n.wanted);
  const holders = voters.filter((n) => n.standing === "own" && !isAboutToStart(n));
  const unseen = voters.filter((n) => n.standing === "unknown" || isAboutToStart(n));
  const lost = voters.filter((n) => !holders.includes(n) && !unseen.includes(n));
  return {
    voters: voters.map((n) => n.slot),
    holders,
    lost: lost.map((n) => n.slot),
    unseen: unseen.map((n) => n.slot),
    certain: holders.length + unseen.length < quorumOf(voters.length),
  };
}

/** It was told how to run etcd, and what its agent says is from before that. */
function isAboutToStart({ agent, task }: NodeView): boolean {
  return agent?.phase === "awaiting-order" && task?.order != null;
}

/**
 * The survivor whose log goes furthest, by the rule with which Raft elects (term, then index): it
 * holds whatever any survivor has acknowledged.
 */
export function bestSurvivor(holders: readonly NodeView[]): NodeView | null {
  const known = holders.filter(({ agent }) => {
    const data = agent?.data;
    return data?.state === "present" && data.memberId !== null;
  });
  const ranked = known.toSorted((a, b) => {
    const [one, other] = [logEnd(a), logEnd(b)];
    return other.raftTerm - one.raftTerm || other.raftIndex - one.raftIndex || a.slot - b.slot;
  });
  return ranked[0] ?? null;
}

function logEnd({ agent }: NodeView): { raftTerm: number; raftIndex: number } {
  const data = agent?.data;
  return data?.state === "present" ? data : { raftTerm: 0, raftIndex: 0 };
}
