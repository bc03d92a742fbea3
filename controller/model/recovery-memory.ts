/** What is remembered of a quorum that was lost, and of the vote that was changed last. */
import type { RecoveryRecord } from "./resource.ts";
import type { RestoreRequest, SnapshotInfo } from "./snapshot.ts";

/**
 * The quorum is lost for good: one slot begins anew, with this one command and no other. Durable
 * before the command leaves, and in force until a quorum confirms the cluster that it began.
 */
export type QuorumRecovery = {
  readonly slot: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Of the cluster that begins: the same as before when a survivor goes on. */
  readonly clusterId: string;
} & (
  | {
      readonly from: "survivor";
      readonly memberId: string;
      /** The voters until then: if the survivor loses its data too, they are judged again. */
      readonly previousVoters: readonly { readonly slot: number; readonly memberId: string }[];
    }
  | { readonly from: "snapshot"; readonly snapshot: SnapshotInfo; readonly token: string }
  | { readonly from: "nothing"; readonly token: string }
);

export interface VoteChange {
  readonly type: "PromoteMember" | "RemoveMember";
  readonly memberId: string;
  /** When it was last asked for. Milliseconds since the epoch. */
  readonly at: number;
}

export interface RecoveryMemory {
  /** Since when it is certain that no quorum comes back by itself; null: it is not. */
  readonly lostSince: number | null;
  /**
   * How often the cluster was begun anew. From the first time on, only a member that a quorum has
   * confirmed since may resume without one: others would form a second cluster of the same id.
   */
  readonly epoch: number;
  readonly inProgress: QuorumRecovery | null;
  /**
   * Slot whose vote was to be taken or given when the quorum was last heard: whether it was, nobody
   * could tell since. Null: a quorum has told.
   */
  readonly pendingVoterChange: number | null;
  /** The last change of a vote, until a quorum tells a membership that has it; null: one does. */
  readonly voteChange: VoteChange | null;
  /** Voters that no slot accounts for, in words, as a quorum last told them: it may rest on them. */
  readonly foreignVoters: readonly string[];
  /** Cluster ids that were given up. Data of theirs is wiped when its slot joins. */
  readonly abandoned: readonly string[];
  /** A revision that a quorum told, some seconds old at most: what is lost is counted from it. */
  readonly lastSeen: { readonly revision: number; readonly at: number } | null;
  /** Asked for by a person and not begun yet. */
  readonly requested: RestoreRequest | null;
  /** The latest, for the status. */
  readonly last: RecoveryRecord | null;
}

export const NO_RECOVERY: RecoveryMemory = {
  lostSince: null,
  epoch: 0,
  inProgress: null,
  pendingVoterChange: null,
  voteChange: null,
  foreignVoters: [],
  abandoned: [],
  lastSeen: null,
  requested: null,
  last: null,
};
