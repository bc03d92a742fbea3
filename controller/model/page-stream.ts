/** What the page for browsers is told over its one stream: all that there is first, then what changes. */
import type { ClusterEvent, ClusterStatus, JupyterClusterObject } from "./resource.ts";

/** Of a cluster, at each sample; null: not known then. */
export const SERIES = [
  /** Requests that came to its proxy since that began. */
  "requests",
  /** WebSockets that are open at its proxy. */
  "webSockets",
  /** etcd's key-value revision. */
  "revision",
  /** Largest database of its members. */
  "databaseBytes",
  /** Nodes whose agents are heard. */
  "nodes",
] as const;

export type SeriesName = (typeof SERIES)[number];
export type Readings = Readonly<Record<SeriesName, number | null>>;

/** Between two samples, in milliseconds, and how many are kept: a quarter of an hour. */
export const SAMPLE_MS = 10_000;
export const SAMPLES_MAX = 90;

export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** By `namespace/name`. */
  readonly clusters: Readonly<Record<string, Readings>>;
}

/** The controller that answers, and the others of the site. */
export interface PageController {
  readonly version: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly role: "acting" | "standby";
  readonly mesos: { readonly master: string; readonly registered: boolean };
  readonly proxies: readonly {
    readonly cluster: string;
    readonly address: string;
    readonly listening: boolean;
    readonly problem: string | null;
  }[];
  readonly controllers: readonly {
    readonly id: string;
    readonly hostname: string;
    readonly role: "acting" | "standby";
    readonly self: boolean;
  }[];
}

export interface PageCluster {
  readonly object: JupyterClusterObject;
  /** Newest last. */
  readonly events: readonly ClusterEvent[];
}

/** The event `state`: everything before it is to be forgotten. */
export interface PageState {
  readonly controller: PageController;
  readonly clusters: readonly PageCluster[];
  /** Oldest first. */
  readonly samples: readonly Sample[];
}

/** The event `cluster`: what is left out is as it was. */
export interface ClusterChange {
  readonly key: string;
  readonly metadata?: JupyterClusterObject["metadata"];
  readonly spec?: JupyterClusterObject["spec"];
  readonly status: Partial<ClusterStatus>;
  /** Fields of the status that are no more. */
  readonly gone: readonly string[];
  /** New ones, and those that happened again. */
  readonly events: readonly ClusterEvent[];
  /** How many events there are now: the oldest beyond that are forgotten. */
  readonly eventCount: number;
}

/** By event type; `gone` is a cluster that is no more. */
export interface PageFrames {
  readonly state: PageState;
  readonly cluster: ClusterChange;
  readonly gone: { readonly key: string };
  readonly controller: PageController;
  readonly sample: Sample;
}

/** The same event, however often it has happened since. */
export function eventId({ reason, message, firstTimestamp }: ClusterEvent): string {
  return `${firstTimestamp} ${reason} ${message}`;
}
