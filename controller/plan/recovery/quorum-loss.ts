/**
 * Can a quorum still come back by itself? Unknown is not lost: a voter counts as lost only when its
 * own agent says that its data is gone. A host that is merely cut off may hold a living majority,
 * and a cluster begun anew beside it would be a second one.
 */
import type { RecoveryMemory } from "../../model/recovery-memory.ts";
import { followsLeader } from "../../model/leader.ts";
import { slotsDo } from "../../model/slots-text.ts";
import { quorumOf } from "../view/etcd-view.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";

export interface QuorumLoss {
  /** Slots whose members have votes. */
  readonly voters: readonly number[];
  /** Voters whose data is there and of use. */
  readonly holders: readonly NodeView[];
  /** Voters whose data is gone for certain. */
  readonly lost: readonly number[];
  /** Voters of which nobody can say. */
  readonly unseen: readonly number[];
  /** Those of which one may go on alone. */
  readonly survivors: readonly NodeView[];
  /** It depends on what became of the last change of a vote. */
  readonly dubious: boolean;
  /** True when the rest can never be a quorum again. */
  readonly certain: boolean;
}

/** So long a quorum that may be there has to show itself; elections take seconds. Milliseconds. */
export const SHOWN_MS_MAX = 60_000;

/**
 * When the last change of a vote was never confirmed, there are two memberships, and nobody can
 * tell which is in force. A loss in one of them shows by waiting: where there is a quorum, a leader
 * is elected. Whoever has data in either may go on: the best of them has all that either confirmed.
 */
export function evaluateLoss(view: ClusterView, recovery: RecoveryMemory, now: number): QuorumLoss {
  const { pendingVoterChange, lostSince } = recovery;
  const remembered = view.nodes.filter((n) => n.memory.memberId !== null && !n.memory.isLearner);
  // Data that was adopted tells no membership: then every desired slot may have a vote.
  const voters = remembered.length > 0 ? remembered : view.nodes.filter((n) => n.desired);
  const loss = lossAmong(voters, pendingVoterChange);
  const changed = view.nodes.find((n) => n.slot === pendingVoterChange);
  if (changed === undefined || changed.memory.memberId === null) return loss;
  const others = voters.filter((n) => n !== changed);
  const other = lossAmong(
    voters.includes(changed) ? others : [...voters, changed],
    pendingVoterChange,
  );
  const waited = lostSince !== null && now - lostSince >= SHOWN_MS_MAX;
  if (loss.certain === other.certain) return loss;
  const shown = waited && loss.unseen.length + other.unseen.length === 0;
  if (!shown) return { ...loss, dubious: true, certain: false };
  const survivors = [...new Set([...loss.holders, ...other.holders])];
  return { ...(loss.certain ? loss : other), dubious: true, survivors };
}

function lossAmong(voters: readonly NodeView[], pendingVoterChange: number | null): QuorumLoss {
  const holders = voters.filter(
    (n) =>
      n.dataOwnership === "own" &&
      !isAboutToStart(n) &&
      !(n.slot === pendingVoterChange && isOut(n)),
  );
  const unseen = voters.filter((n) => n.dataOwnership === "unknown" || isAboutToStart(n));
  const lost = voters.filter((n) => !holders.includes(n) && !unseen.includes(n));
  return {
    voters: voters.map((n) => n.slot),
    holders,
    lost: lost.map((n) => n.slot),
    unseen: unseen.map((n) => n.slot),
    survivors: holders,
    dubious: false,
    certain: holders.length + unseen.length < quorumOf(voters.length),
  };
}

/**
 * What an agent says of the end of its log is from before the leader was lost, until it has read it
 * again: as long as it says that a reading is due, its etcd follows a leader, or says more than the log
 * was found to hold. A learner never notices that a leader is gone, and is not waited for.
 */
export function hasReadItsLog({ agent }: NodeView): boolean {
  if (agent?.etcd?.isLearner === true) return true;
  if (agent?.data.state === "present" && agent.data.readingDue === true) return false;
  if (agent === null || agent.etcd === null) return true;
  if (followsLeader(agent.etcd) || agent.data.state !== "present") return false;
  return agent.data.raftIndex >= agent.etcd.raftIndex;
}

/** Whose removal was never confirmed, and whose etcd has ended for good, has heard of it. */
function isOut({ agent }: NodeView): boolean {
  return agent?.phase === "running" && agent.units.etcd.state === "exited";
}

/** It was told how to start etcd, and what its agent says is from before that. */
function isAboutToStart({ agent, task }: NodeView): boolean {
  return agent?.phase === "awaiting-start" && task?.startCommand != null;
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

/** In words, without their full stop. */
export function describeLoss({ voters, holders, lost }: QuorumLoss): string {
  return (
    `${slotsDo(lost, "has lost its", "have lost their")} etcd data; ` +
    `${holders.length} of ${voters.length} voters still have theirs, which is no quorum`
  );
}
