/** Turns a decided status into the object that the API serves and etcd stores. */
import { type ClusterKey, clusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import { sameData } from "../model/same-data.ts";
import {
  API_VERSION,
  type ClusterEvent,
  type ClusterStatus,
  type JupyterClusterObject,
  KIND,
} from "../model/resource.ts";
import type { LoopPorts } from "./ports.ts";

type PublishPorts = Pick<LoopPorts, "publisher" | "storeStatus" | "clock">;

interface Published {
  readonly object: JupyterClusterObject;
  /** The newest at that time. */
  readonly event: ClusterEvent | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export class StatusPublisher {
  private readonly last = new Map<ClusterKey, Published>();

  constructor(private readonly ports: PublishPorts) {}

  forget(key: ClusterKey): void {
    this.last.delete(key);
  }

  /** @returns when to look again, in milliseconds since the epoch, for something is kept back; null: nothing is */
  publish(memory: ClusterMemory, status: ClusterStatus): number | null {
    const { metadata, written } = memory.cluster;
    const key = clusterKey(metadata);
    const object: JupyterClusterObject = {
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: {
        ...metadata,
        uid: memory.uid,
        generation: memory.generation,
        resourceVersion: "",
        creationTimestamp: new Date(memory.createdAt).toISOString(),
      },
      spec: written,
      status,
    };
    const event = memory.events.at(-1) ?? null;
    const before = this.last.get(key);
    const at = this.ports.clock.now();
    if (before?.event === event) {
      if (sameData(before.object, object, MOVING)) return null;
      const due = before.at + DRIFT_MS;
      // A clock that was set back does not keep what drifts to itself.
      if (at < due && at >= before.at && isDrift(before, object)) return due;
    }
    this.last.set(key, { object, event, at });
    this.ports.storeStatus(key, this.ports.publisher.publish(object, memory.events));
    return null;
  }
}

function isDrift(before: Published, object: JupyterClusterObject): boolean {
  const { kernels: was, ...others } = before.object.status;
  const { kernels: is, ...now } = object.status;
  const beside = { ...before.object, status: others };
  return sameData(was, is, DRIFTING) && sameData(beside, { ...object, status: now }, MOVING);
}

/**
 * Raft's index, the revision and the database's size move with every write, and storing the status
 * is a write: they are published with whatever else changes, and change nothing by themselves.
 */
const MOVING: ReadonlySet<string> = new Set(["raftIndex", "revision", "dbSizeBytes"]);

/**
 * What of a kernel changes with every cell: it is published with whatever else changes, and by itself no more
 * often than this. Milliseconds.
 */
const DRIFT_MS = 5_000;
const DRIFTING: ReadonlySet<string> = new Set(["state", "since", "memoryBytes"]);
