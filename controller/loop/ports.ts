/** Everything the loop needs of the world. Production composes it from adapters; so may tests. */
import type { Action } from "../model/action.ts";
import type { ClusterKey } from "../model/ids.ts";
import type { ClusterMemory, ClusterSecrets } from "../model/memory.ts";
import type { Observed } from "../model/observed.ts";
import type { OfferVerdict } from "../model/offer.ts";
import type { Clock, Logger } from "../model/ports.ts";
import type { ClusterEvent, JupyterClusterObject } from "../model/resource.ts";

export interface LoopPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Image of clusters whose spec names none. */
  readonly defaultImage: string;
  observe(key: ClusterKey, memory: ClusterMemory): Observed;
  /** Bounded in time; throws OperationError. */
  perform(action: Action, memory: ClusterMemory): Promise<void>;
  readonly store: {
    /** Resolves when it is durable. */
    save(key: ClusterKey, memory: ClusterMemory): Promise<void>;
    remove(key: ClusterKey): Promise<void>;
  };
  readonly publisher: {
    publish(object: JupyterClusterObject, events: readonly ClusterEvent[]): JupyterClusterObject;
    remove(key: ClusterKey): void;
  };
  /** Latest wins; never waited for. */
  storeStatus(key: ClusterKey, object: JupyterClusterObject): void;
  /** Whether this cluster waits for offers. */
  demand(key: ClusterKey, wanted: boolean): void;
  /** What this cluster's plan made of the offers that it looked at; for people. */
  judged(key: ClusterKey, verdicts: readonly OfferVerdict[]): void;
  /** What is known of the cluster now, for whoever is told of changed conditions; returns at once. */
  notify(memory: ClusterMemory): void;
  /** Everything outside the planner that belongs to a deleted cluster: proxy, streams, network. */
  release(key: ClusterKey, memory: ClusterMemory): Promise<void>;
  readonly identities: { uid(): string; secrets(): ClusterSecrets };
  readonly metrics: ReconcileMetrics;
}

export interface ReconcileMetrics {
  reconciled(result: "success" | "error", seconds: number): void;
  queueDepth(depth: number): void;
}
