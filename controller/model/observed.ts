/**
 * What is known of the world, by source. Unknown is not absent: nothing destructive may rest on a
 * source that is not fresh (docs/ARCHITECTURE.md).
 */
import type { AgentStatus } from "./agent-api.ts";
import type { DesiredSlots } from "./naming.ts";
import type { AgentVersion } from "./release.ts";
import type { LastError } from "./resource.ts";
import type { SnapshotInfo } from "./snapshot.ts";
import type { Attribute, Offer, TaskState } from "../mesos/wire.ts";
import type { Unavailability } from "./offer.ts";
import type { ProxySettings } from "./proxy-settings.ts";
import type { Holding } from "./holdings.ts";

export type Source<T> =
  | { readonly freshness: "fresh"; readonly value: T }
  | {
      readonly freshness: "stale";
      readonly value: T;
      readonly since: number;
      /** Why it cannot be made fresh, where that is known. */
      readonly reason?: string;
    }
  | { readonly freshness: "unknown"; readonly reason: string };

export function unknown<T>(reason: string): Source<T> {
  return { freshness: "unknown", reason };
}

export function fresh<T>(value: T): Source<T> {
  return { freshness: "fresh", value };
}

export function stale<T>(value: T, since: number, reason?: string): Source<T> {
  return { freshness: "stale", value, since, ...(reason === undefined ? {} : { reason }) };
}

/** The last value known, fresh or not; undefined when there never was one. */
export function lastKnown<T>(source: Source<T> | undefined): T | undefined {
  return source === undefined || source.freshness === "unknown" ? undefined : source.value;
}

export interface ObservedTask {
  readonly taskId: string;
  readonly state: TaskState;
  readonly agentId: string | null;
  /** Address of the container itself; null before RUNNING. */
  readonly ip: string | null;
  /** `mesos-<container id>`; null before the executor reported. */
  readonly container: string | null;
  readonly healthy: boolean | null;
  readonly reason: string | null;
  readonly message: string | null;
  /** Milliseconds since the epoch at which this state was first seen. */
  readonly since: number;
}

export interface ObservedOffer {
  readonly id: string;
  readonly agentId: string;
  readonly hostname: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  /** What of cpus, memory and disk is offered and of no use to a node, e.g. `4 cpus (revocable)`. */
  readonly leftOut: readonly string[];
  /** Null: nobody has said that its host goes down. */
  readonly unavailability: Unavailability | null;
  readonly attributes: readonly Attribute[];
  readonly raw: Offer;
}

export interface ObservedMesos {
  readonly frameworkId: string;
  /** True once every remembered task has answered the reconciliation after the last subscribe. */
  readonly reconciled: boolean;
  /** Tasks that were ever heard of and not yet forgotten. */
  readonly tasks: ReadonlyMap<string, ObservedTask>;
  readonly offers: readonly ObservedOffer[];
  /** Agents with tasks of ours whose hosts go down, by id; those of offers have it in the offer. */
  readonly maintenance: ReadonlyMap<string, Unavailability>;
}

export type ObservedNetwork =
  | { readonly state: "absent" }
  | { readonly state: "present"; readonly subnet: string }
  /** Exists but cannot serve this spec, or cannot be made: says why and what to do. */
  | { readonly state: "conflict"; readonly message: string };

export type ObservedImage =
  | { readonly state: "present"; readonly reference: string }
  | { readonly state: "absent"; readonly reference: string };

export interface ObservedProxy {
  readonly listening: boolean;
  readonly address: string;
  readonly port: number;
  /** Why it does not listen, e.g. the port is taken by another program. */
  readonly error: string | null;
  /** Address of the node that is served now. */
  readonly target: { readonly ip: string; readonly port: number; readonly term: number } | null;
}

/** A job that runs, or how it last failed. One that succeeded shows in what it changed. */
export interface ObservedJob {
  /** `jobKey` of its action. */
  readonly key: string;
  /** One that succeeded is seen where an operation waits for its end. */
  readonly state: "running" | "failed" | "succeeded";
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly error: LastError | null;
  /** Number of the operation that it is for; null: it is for none. */
  readonly operation: number | null;
  /** That it has saved. */
  readonly snapshot: SnapshotInfo | null;
}

/** What the cluster's etcd was found to hold of the controller's own. */
export type StoredKeys =
  /** etcd asks every client which user it is: nothing else could be read for certain. */
  | { readonly authEnabled: true }
  | {
      readonly authEnabled: false;
      /** Null: the key is not there, or holds something else. */
      readonly desired: DesiredSlots | null;
    };

/** Everything the planner may know about one cluster at one moment. */
export interface Observed {
  readonly mesos: Source<ObservedMesos>;
  /** The containers run on this machine's Docker Engine, whose network and volumes are ours. */
  readonly local: boolean;
  readonly network: Source<ObservedNetwork>;
  readonly image: Source<ObservedImage>;
  /** Of that engine: what of the cluster's volumes and network is there, and whose it is. */
  readonly holdings: Source<readonly Holding[]>;
  /** Agent streams by task id. No entry: never connected. */
  readonly agents: ReadonlyMap<string, Source<AgentStatus>>;
  /** Task id -> another task, whose agent answered at its address; left out: nowhere. */
  readonly others?: ReadonlyMap<string, string>;
  /** By task id: agents that answer, and speak no version of the contract that is known here. */
  readonly unsupported: ReadonlyMap<string, AgentVersion>;
  /** Oldest first. Those whose files are whole; another is not listed. */
  readonly snapshots: Source<readonly SnapshotInfo[]>;
  readonly jobs: readonly ObservedJob[];
  /** Up to half a minute old. */
  readonly keys: Source<StoredKeys>;
  readonly proxy: (ObservedProxy & Pick<ProxySettings, "holdSeconds" | "hostNames">) | null;
}
