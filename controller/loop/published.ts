/** The last published state of every cluster, in memory: written by the loop, read by the API. */
import { type ClusterKey, clusterKey } from "../model/ids.ts";
import type { PublishedChange, PublishedClusters } from "../model/ports.ts";
import type { ClusterEvent, JupyterClusterObject } from "../model/resource.ts";

export interface PublishedStoreOptions {
  /**
   * The first resource version is the next number. It must be above every version that an earlier
   * controller gave out, so that versions never go back for those who hold one.
   */
  readonly lastResourceVersion: number;
  /**
   * A listener has thrown. That is a programmer's error, and the process ends with it - but not in
   * the middle of a reconcile, and not before the other listeners were told. Tests put their own
   * here.
   */
  readonly onListenerError?: (error: unknown) => void;
}

interface Entry {
  readonly object: JupyterClusterObject;
  readonly events: readonly ClusterEvent[];
}

export class PublishedStore implements PublishedClusters {
  private readonly entries = new Map<ClusterKey, Entry>();
  private readonly listeners = new Set<(change: PublishedChange) => void>();
  private readonly onListenerError: (error: unknown) => void;
  private version: number;

  constructor(options: PublishedStoreOptions) {
    const { lastResourceVersion } = options;
    if (!Number.isSafeInteger(lastResourceVersion) || lastResourceVersion < 0) {
      throw new Error(`not a resource version: ${lastResourceVersion}`);
    }
    this.version = lastResourceVersion;
    this.onListenerError = options.onListenerError ?? crash;
  }

  get resourceVersion(): number {
    return this.version;
  }

  /** @returns the object with the resource version under which it is published from now on */
  publish(object: JupyterClusterObject, events: readonly ClusterEvent[]): JupyterClusterObject {
    const key = clusterKey(object.metadata);
    const type = this.entries.has(key) ? "MODIFIED" : "ADDED";
    const published = this.versioned(object);
    this.entries.set(key, { object: published, events });
    this.tell({ type, object: published });
    return published;
  }

  /** Shows what another process has published, under the version that it has there. */
  mirror(object: JupyterClusterObject, events: readonly ClusterEvent[]): void {
    const key = clusterKey(object.metadata);
    const type = this.entries.has(key) ? "MODIFIED" : "ADDED";
    this.version = Math.max(this.version, Number(object.metadata.resourceVersion));
    this.entries.set(key, { object, events });
    this.tell({ type, object });
  }

  /** A cluster that was never published is no news. */
  remove(key: ClusterKey): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.tell({ type: "DELETED", object: this.versioned(entry.object) });
  }

  /** By namespace and name. */
  list(): readonly JupyterClusterObject[] {
    const keys = [...this.entries.keys()].sort();
    return keys.map((key) => (this.entries.get(key) as Entry).object);
  }

  get(key: ClusterKey): JupyterClusterObject | undefined {
    return this.entries.get(key)?.object;
  }

  events(key: ClusterKey): readonly ClusterEvent[] {
    return this.entries.get(key)?.events ?? [];
  }

  subscribe(listener: (change: PublishedChange) => void): () => void {
    // A wrapper of its own, so that the same function may subscribe twice and leave once.
    const entry = (change: PublishedChange) => listener(change);
    this.listeners.add(entry);
    return () => {
      this.listeners.delete(entry);
    };
  }

  private versioned(object: JupyterClusterObject): JupyterClusterObject {
    this.version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
  }

  private tell(change: PublishedChange): void {
    for (const listener of this.listeners) {
      try {
        listener(change);
      } catch (error) {
        this.onListenerError(error);
      }
    }
  }
}

function crash(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
