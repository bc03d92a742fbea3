/** What clients and peers of a simulated etcd say to it. Refusals are in etcd's own words. */
import type { RaftMessage } from "../raft/types.ts";

export interface MemberInfo {
  /** Hex. */
  readonly id: string;
  /** Empty for a member that was added and has not started. */
  readonly name: string;
  readonly peerUrl: string;
  readonly isLearner: boolean;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  /** With which it goes; null: with none. */
  readonly lease: string | null;
}

/** Of one key, by one transaction; null: it was deleted. */
export interface KeyChange {
  readonly revision: number;
  readonly key: string;
  readonly kv: KeyValue | null;
}

export type Operation =
  | {
      readonly type: "put";
      readonly key: string;
      readonly value: string;
      readonly lease?: string;
    }
  | { readonly type: "delete"; readonly key: string }
  | { readonly type: "get"; readonly key: string };

/** A key that is not there has revisions and version 0, and the value "". */
export interface Comparison {
  readonly key: string;
  readonly field: "value" | "createRevision" | "modRevision" | "version";
  readonly equals: string | number;
}

export type EtcdRequest =
  | {
      readonly type: "put";
      readonly key: string;
      readonly value: string;
      readonly lease?: string;
    }
  | { readonly type: "delete"; readonly key: string }
  | {
      readonly type: "txn";
      readonly compare: readonly Comparison[];
      readonly success: readonly Operation[];
      readonly failure: readonly Operation[];
    }
  /** Serializable: from this member's own state, however old. */
  | { readonly type: "get"; readonly key: string; readonly serializable?: boolean }
  | { readonly type: "list"; readonly prefix: string; readonly serializable?: boolean }
  /** From `start` up to, and without, `end`. */
  | {
      readonly type: "range";
      readonly start: string;
      readonly end: string;
      readonly serializable?: boolean;
    }
  | { readonly type: "lease-grant"; readonly ttlSeconds: number }
  | { readonly type: "lease-keep-alive"; readonly id: string }
  | { readonly type: "lease-revoke"; readonly id: string }
  | { readonly type: "member-list"; readonly linearizable: boolean }
  | { readonly type: "member-add"; readonly peerUrl: string; readonly isLearner: boolean }
  | { readonly type: "member-remove"; readonly id: string }
  | { readonly type: "member-promote"; readonly id: string }
  | { readonly type: "move-leader"; readonly to: string }
  /** Works without a quorum. */
  | { readonly type: "snapshot" };

/** As in protobuf: what does not apply to the request is empty. */
export interface EtcdSuccess {
  readonly ok: true;
  readonly revision: number;
  /** Of a transaction: the comparisons held. Of a keep-alive: the lease is there. */
  readonly succeeded: boolean;
  readonly kvs: readonly KeyValue[];
  readonly members: readonly MemberInfo[];
  /** Of member-add: the new one. */
  readonly member: MemberInfo | null;
  /** Of lease-grant: its id. */
  readonly lease: string | null;
  readonly snapshot: EtcdSnapshot | null;
}

export interface EtcdRefusal {
  readonly ok: false;
  /** As etcd words it. */
  readonly error: string;
}

export type EtcdAnswer = EtcdSuccess | EtcdRefusal;

/** The key-value state alone, as `etcdctl snapshot save` writes it. */
export interface EtcdSnapshot {
  readonly revision: number;
  readonly kvs: readonly KeyValue[];
  /** Id and seconds. */
  readonly leases: readonly (readonly [string, number])[];
}

/** As `etcdctl endpoint status` tells. */
export interface EtcdStatus {
  readonly memberId: string;
  readonly clusterId: string;
  readonly name: string;
  readonly raftTerm: number;
  /** Committed. */
  readonly raftIndex: number;
  readonly raftAppliedIndex: number;
  /** Hex; null while there is none. */
  readonly leaderId: string | null;
  readonly isLearner: boolean;
  readonly revision: number;
  readonly dbSizeBytes: number;
  readonly alarms: readonly string[];
}

export const ERRORS = {
  memberNotFound: "etcdserver: member not found",
  memberExists: "etcdserver: member ID already exist",
  peerUrlExists: "etcdserver: Peer URLs already exists",
  tooManyLearners: "etcdserver: too many learner members in cluster",
  notALearner: "etcdserver: can only promote a learner member",
  learnerNotReady: "etcdserver: can only promote a learner member which is in sync with leader",
  notEnoughStarted: "etcdserver: re-configuration failed due to not enough started members",
  notLeader: "etcdserver: not leader",
  badTransferee: "etcdserver: bad leader transferee",
  unsupportedForLearner: "etcdserver: rpc not supported for learner",
  timedOut: "etcdserver: request timed out",
  stopped: "etcdserver: server stopped",
  leaseNotFound: "etcdserver: requested lease not found",
  noSpace: "etcdserver: mvcc: database space exceeded",
} as const;

/** Between members. */
export interface PeerMessage {
  /** Hex member id, and the peer URL at which it listens. */
  readonly from: string;
  readonly fromUrl: string;
  /** Hex member id; null for whoever listens there. */
  readonly to: string | null;
  readonly clusterId: string;
  /** For the checks only: which unbroken history the sender belongs to. */
  readonly history: string | null;
  readonly body: PeerBody;
}

export type PeerBody =
  | { readonly kind: "raft"; readonly message: RaftMessage }
  /** The sender of what this answers is no member any more. */
  | { readonly kind: "gone" }
  /** Asked by a member that joins, before it starts. */
  | { readonly kind: "who-is-there" }
  | { readonly kind: "there-are"; readonly members: readonly MemberInfo[] }
  /** Forwarded to the leader, which alone knows how far a learner is, and which leases live. */
  | { readonly kind: "forward"; readonly request: EtcdRequest; readonly call: number }
  | { readonly kind: "forwarded"; readonly call: number; readonly answer: EtcdAnswer };

/** How etcd's process ended by itself. */
export interface EtcdExit {
  readonly code: number;
  readonly reason: string;
}
