/**
 * An election of etcd, as a member's own log tells it and as the members together tell it.
 *
 * Members are named by their hex ids. Times are whole milliseconds since `startedAt` of the same
 * record, by the clock of the member that `toldBy` names: no clock is compared with another one's
 * where that can be helped, and no moment is before the start.
 */

/** Elections that are kept, newest last: by each agent, and in the status. */
export const ELECTIONS_MAX = 10;
/** The longest list of an election: in a cluster of seven, two candidates are well below it. */
export const ELECTION_LIST_MAX = 32;

export type ElectionCause =
  /** The cluster has never had a leader. */
  | "FirstElection"
  /** The members were started on their data, and none leads yet. */
  | "Restart"
  /** The leader was heard no more. */
  | "LeaderLost"
  /** The leader stepped down: it heard no quorum any more. */
  | "QuorumLost"
  /** The leader handed leadership over: asked to, or because it was shut down. */
  | "Transfer";

/** What one member did or learned, and when. */
export interface ElectionMoment {
  readonly member: string;
  readonly atMs: number;
}

export interface ElectionVote {
  readonly candidate: string;
  readonly from: string;
  readonly granted: boolean;
  readonly atMs: number;
}

/** One term in which somebody stood for leader, or in which somebody is about to. */
export interface ElectionRecord {
  readonly term: number;
  /** null: its log does not tell. */
  readonly cause: ElectionCause | null;
  /** Who led before, and the term of its reign; null: nobody, or unknown. */
  readonly previousLeader: { readonly leaderId: string; readonly term: number } | null;
  /** Who had a vote; empty: unknown. */
  readonly voters: readonly string[];
  /** Members that heard the former leader no more. */
  readonly lost: readonly ElectionMoment[];
  /**
   * Before it stands, a member asks whether it would be voted for: no while a leader is heard. A
   * refused one becomes a granted one when it is asked again and granted.
   */
  readonly preVotes: readonly ElectionVote[];
  /** Who stood when. */
  readonly candidates: readonly ElectionMoment[];
  /** Votes for losers too: a candidate's own vote is among them. */
  readonly votes: readonly ElectionVote[];
  /** Members that know the new leader, itself among them. */
  readonly learned: readonly ElectionMoment[];
  /** Hex; null: nobody has won this term, or nobody yet. */
  readonly leaderId: string | null;
  /**
   * RFC 3339. The first sign of unrest: the connection with the leader broke, the leader was not
   * heard for an election timeout, or a candidate asked for a vote. In a split vote the next term
   * goes on counting from the same moment.
   */
  readonly startedAt: string;
  /** From `startedAt` until the leader was known; null: there is none, or it took no part. */
  readonly durationMs: number | null;
  /** By whose clock. */
  readonly toldBy: string;
}

/** Which slot a member was, and the name that the slot bore before the election; null: unknown. */
export interface ElectionMember {
  readonly id: string;
  readonly slot: number | null;
  readonly name: string | null;
}

/** What all members told, put together. */
export interface Election extends ElectionRecord {
  /** Terms count anew in a cluster that was begun anew. */
  readonly clusterId: string;
  readonly members: readonly ElectionMember[];
}

/** The leader is lost and nobody has stood yet; it may come to nothing. */
export function isPending({ candidates, leaderId }: ElectionRecord): boolean {
  return candidates.length === 0 && leaderId === null;
}

/** Voters that are needed to win; null: unknown. */
export function votesNeeded({ voters }: ElectionRecord): number | null {
  return voters.length === 0 ? null : Math.floor(voters.length / 2) + 1;
}

/** Who voted for the candidate, in the order of their votes. */
export function votersFor({ votes }: ElectionRecord, candidate: string): string[] {
  return votes.filter((v) => v.granted && v.candidate === candidate).map((v) => v.from);
}

/** Everybody that the record mentions, voters first. */
export function mentioned(record: ElectionRecord): string[] {
  const { voters, lost, preVotes, candidates, votes, learned, previousLeader, leaderId } = record;
  return [
    ...new Set([
      ...voters,
      ...[...lost, ...candidates, ...learned].map((m) => m.member),
      ...[...preVotes, ...votes].flatMap((v) => [v.candidate, v.from]),
      ...[previousLeader?.leaderId ?? [], leaderId ?? []].flat(),
    ]),
  ];
}
