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

type PublishPorts = Pick<LoopPorts, "publisher" | "storeStatus">;

interface Published {
  readonly object: JupyterClusterObject;
  /** The newest at that time. */
  readonly event: ClusterEvent | null;
}

export class StatusPublisher {
  private readonly last = new Map<ClusterKey, Published>();

  constructor(private readonly ports: PublishPorts) {}

  forget(key: ClusterKey): void {
    this.last.delete(key);
  }

  publish(memory: ClusterMemory, status: ClusterStatus): void {
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
    if (before?.event === event && sameData(before.object, object, MOVING)) return;
    this.last.set(key, { object, event });
    this.ports.storeStatus(key, this.ports.publisher.publish(object, memory.events));
  }
}

/**
 * Raft's index, the revision and the database's size move with every write, and storing the status
 * is a write: they are published with whatever else changes, and change nothing by themselves.
 */
const MOVING: ReadonlySet<string> = new Set(["raftIndex", "revision", "dbSizeBytes"]);
