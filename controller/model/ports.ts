/** The world as the loop sees it. Production adapters and the simulator implement these. */
import type { ClusterKey } from "./ids.ts";
import type { ClusterEvent, JupyterClusterObject } from "./resource.ts";

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
