/** Turns a decided status into the object that the API serves and etcd stores. */
import { type ClusterKey, clusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import {
  API_VERSION,
  type ClusterStatus,
  type JupyterClusterObject,
  KIND,
} from "../model/resource.ts";
import type { LoopPorts } from "./ports.ts";

type PublishPorts = Pick<LoopPorts, "publisher" | "storeStatus">;

export class StatusPublisher {
  private readonly last = new Map<ClusterKey, string>();

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
    const text = steadyText(object, memory);
    if (this.last.get(key) === text) return;
    this.last.set(key, text);
    this.ports.storeStatus(key, this.ports.publisher.publish(object, memory.events));
  }
}

const MOVING: ReadonlySet<string> = new Set(["raftIndex", "revision", "dbSizeBytes"]);

/**
 * Raft's index, the revision and the database's size move with every write, and storing the status is a write:
 * they are published with whatever else changes, and change nothing by themselves.
 */
function steadyText(object: JupyterClusterObject, memory: ClusterMemory): string {
  const steady = JSON.stringify(object, (name, value: unknown) => (MOVING.has(name) ? 0 : value));
  return steady + JSON.stringify(memory.events.at(-1) ?? null);
}
