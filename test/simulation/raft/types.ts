/**
 * The words of Raft (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm")
 * with the extensions of etcd's implementation: pre-vote, check-quorum, learners, leadership
 * transfer, read index. Everything here is immutable and passed by reference.
 */

/** Hex, as etcd prints it. */
export type NodeId = string;

export type Role = "follower" | "pre-candidate" | "candidate" | "leader";

export interface Configuration {
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
}

/** A change of one server at a time; `context` is the business of whoever proposed it. */
export interface ConfigurationChange {
  readonly type: "add-voter" | "add-learner" | "promote" | "remove";
  readonly id: NodeId;
  readonly context?: unknown;
}

export type EntryBody =
  | { readonly kind: "empty" }
  | { readonly kind: "command"; readonly command: unknown }
  | { readonly kind: "configuration"; readonly change: ConfigurationChange };

export interface Entry {
  readonly index: number;
  readonly term: number;
  readonly body: EntryBody;
}

export interface HardState {
  readonly term: number;
  readonly vote: NodeId | null;
  readonly commit: number;
}

/** The state machine after `index`, with the configuration that was then in force. */
export interface Snapshot {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
  readonly state: unknown;
}

export interface VoteRequest {
  readonly type: "pre-vote" | "vote";
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** The leader wants it so: granted although a leader is in sight. */
  readonly transfer: boolean;
}

export interface VoteAnswer {
  readonly type: "pre-vote-answer" | "vote-answer";
  readonly term: number;
  readonly granted: boolean;
}

export interface Append {
  readonly type: "append";
  readonly term: number;
  readonly prevIndex: number;
  readonly prevTerm: number;
  readonly entries: readonly Entry[];
  readonly commit: number;
}

export interface AppendAnswer {
  readonly type: "append-answer";
  readonly term: number;
  /** Accepted: the last index known to match. Rejected: the `prevIndex` that did not. */
  readonly index: number;
  readonly rejected: boolean;
  /** Rejected: the last index that may match. */
  readonly hint: number;
}

export type RaftMessage =
  | VoteRequest
  | VoteAnswer
  | Append
  | AppendAnswer
  | {
      readonly type: "heartbeat";
      readonly term: number;
      readonly commit: number;
      readonly read: number;
    }
  | { readonly type: "heartbeat-answer"; readonly term: number; readonly read: number }
  | { readonly type: "snapshot"; readonly term: number; readonly snapshot: Snapshot }
  | { readonly type: "timeout-now"; readonly term: number }
  /** Forwarded to the leader. */
  | { readonly type: "propose"; readonly term: number; readonly body: EntryBody }
  | { readonly type: "read"; readonly term: number; readonly context: number }
  | {
      readonly type: "read-answer";
      readonly term: number;
      readonly context: number;
      readonly index: number;
    };

/** What a node does, for checks, stories and the record of elections. */
export type RaftEvent =
  /** The leader is not heard any more, or a higher term has none yet. */
  | { readonly type: "leader-lost"; readonly term: number; readonly leader: NodeId }
  | { readonly type: "campaign"; readonly phase: "pre-vote" | "vote"; readonly term: number }
  | {
      readonly type: "vote-cast";
      readonly phase: "pre-vote" | "vote";
      readonly term: number;
      readonly candidate: NodeId;
      readonly granted: boolean;
    }
  /** The vote is durable, and the candidate is told (itself, too). */
  | { readonly type: "vote-told"; readonly term: number; readonly candidate: NodeId }
  | {
      readonly type: "vote-counted";
      readonly phase: "pre-vote" | "vote";
      readonly term: number;
      readonly from: NodeId;
      readonly granted: boolean;
    }
  | { readonly type: "elected"; readonly term: number }
  /** Another node leads. */
  | { readonly type: "leader-known"; readonly term: number; readonly leader: NodeId }
  | { readonly type: "stepped-down"; readonly term: number; readonly reason: string }
  | { readonly type: "appended"; readonly entry: Entry; readonly prevTerm: number }
  /** As leader, by counting. */
  | { readonly type: "committed"; readonly term: number; readonly entry: Entry }
  | { readonly type: "applied"; readonly entry: Entry }
  | { readonly type: "restored"; readonly index: number };

/** A state of affairs in which etcd gives up its process. */
export class RaftPanic extends Error {
  override readonly name = "RaftPanic";
}
