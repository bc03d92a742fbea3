/** The world as the loop sees it. Production adapters and the simulator implement these. */
import type { ClusterKey } from "./ids.ts";
import type { ClusterMemory } from "./memory.ts";
import type { ClusterEvent, JupyterClusterObject } from "./resource.ts";
import type { SnapshotFacts, SnapshotInfo } from "./snapshot.ts";
import type { TlsIdentity } from "./tls-identity.ts";

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls back once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** A log message is constant; the facts are in `fields`, one name per thing everywhere. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The last published state of every cluster; what the HTTP API serves. */
export interface PublishedClusters {
  /** The last one that was given out; a deletion counts too. */
  readonly resourceVersion: number;
  list(): readonly JupyterClusterObject[];
  get(key: ClusterKey): JupyterClusterObject | undefined;
  /** Newest last. */
  events(key: ClusterKey): readonly ClusterEvent[];
  /** Calls back on each publication; returns the function that unsubscribes. */
  subscribe(listener: (change: PublishedChange) => void): () => void;
}

export interface PublishedChange {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: JupyterClusterObject;
}

/** The snapshots of one cluster, on the controller's host. Whatever fails is an OperationError. */
export interface ClusterSnapshots {
  /** Oldest first; those whose files are whole. */
  list(): Promise<readonly SnapshotInfo[]>;
  /** Resolves when it is durable, and then it was what etcd and the node say that it is. */
  save(takenAt: number, facts: SnapshotFacts, content: SnapshotContent): Promise<SnapshotInfo>;
  /** Reads all of it first: what is damaged is never handed out, and never listed again. */
  openVerified(snapshot: SnapshotInfo): Promise<SnapshotContent>;
  /** Those that are gone already are removed. */
  remove(snapshots: readonly SnapshotInfo[]): Promise<void>;
}

export type SnapshotContent = AsyncIterable<Uint8Array>;

/** Null: the cluster's etcd speaks without TLS. */
export interface Certificates {
  /** A new one at each call. */
  ofNode(memory: ClusterMemory, slot: number): TlsIdentity | null;
  ofController(memory: ClusterMemory): TlsIdentity | null;
}
