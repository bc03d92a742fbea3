/** What the API needs of the rest of the controller. */
import type { Readable } from "node:stream";
import type { ExecStreams } from "../docker/interactive-exec.ts";
import type { LogOptions } from "../agents/logs.ts";
import type { LogUnit } from "../model/agent-api.ts";
import type { SpecGeneration } from "../model/generation.ts";
import type { Foreign } from "../model/holdings.ts";
import type { OwnerUid } from "../model/ids.ts";
import type { OfferRecord } from "../model/offer.ts";
import type { NodeUsageStatus } from "../model/node-usage.ts";
import type { Asker } from "../model/operation.ts";
import type { Preview } from "../model/preview.ts";
import type { RebalanceAction } from "../model/rebalance.ts";
import type { JupyterClusterObject, NodeStatus } from "../model/resource.ts";
import type { RestoreRequest, SnapshotInfo } from "../model/snapshot.ts";
import type { Manifest } from "./kubernetes/write/managed-specs.ts";

export interface NodeLogRequest extends LogOptions {
  readonly cluster: JupyterClusterObject;
  readonly node: NodeStatus;
  readonly unit: LogUnit;
}

export interface SpecHistory {
  /** Oldest first; the last one is in force. */
  readonly generations: readonly SpecGeneration[];
  /** The file says something else by now, which is refused. */
  readonly isBroken: boolean;
}

export interface NodeExecRequest {
  readonly cluster: JupyterClusterObject;
  readonly node: NodeStatus;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Null: the nodes' own user (`spec.ssh.user`). */
  readonly user: string | null;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** What the API needs of the rest of the controller. Each call has its own deadline. */
export interface ApiOperations {
  /** Jupyter's URL through the proxy, with its token in it. @throws OperationError */
  jupyterUrl(cluster: JupyterClusterObject): string;
  /** The stream is destroyed when the client goes. @throws OperationError */
  nodeLog(request: NodeLogRequest): Promise<Readable>;
  /**
   * Runs a command in a node whose container is on this machine.
   *
   * @returns its exit code
   * @throws OperationError
   */
  nodeExec(request: NodeExecRequest, streams: ExecStreams): Promise<number>;
  /** Ends a node's container, which is on this machine, as a crash would. @throws OperationError */
  killNode(cluster: JupyterClusterObject, node: NodeStatus): Promise<void>;
  /**
   * What another document of the cluster would do. Nothing is changed.
   *
   * @throws OperationError of one that is no valid document
   */
  preview(cluster: JupyterClusterObject, wanted: Manifest): Promise<Preview>;
  /** Oldest first. @throws OperationError */
  snapshots(cluster: JupyterClusterObject): Promise<readonly SnapshotInfo[]>;
  /** Resolves when it is stored, which may take minutes. @throws OperationError */
  takeSnapshot(cluster: JupyterClusterObject, asker: Asker): Promise<SnapshotInfo>;
  /** Resolves when the request cannot be forgotten any more. @throws OperationError */
  restore(cluster: JupyterClusterObject, request: RestoreRequest, asker: Asker): Promise<void>;
  /** The latest ones, newest last, and what was made of each. */
  offers(): readonly OfferRecord[];
  /** What the cluster may not use yet. @throws OperationError */
  foreign(cluster: JupyterClusterObject): Promise<Foreign>;
  /** Resolves when it is stored. @throws OperationError */
  adopt(cluster: JupyterClusterObject, owners: readonly OwnerUid[]): Promise<void>;
  /** Resolves when it is stored. @throws OperationError */
  rebalance(cluster: JupyterClusterObject, action: RebalanceAction, asker: Asker): Promise<void>;
  /** What its nodes use now; those that do not tell say why. */
  usage(cluster: JupyterClusterObject): Promise<readonly NodeUsageStatus[]>;
  /** Every secret of the cluster, so that it can be left out of what is shown. @throws OperationError */
  secrets(cluster: JupyterClusterObject): readonly string[];
  /** The specs that were in force. @throws OperationError */
  history(cluster: JupyterClusterObject): SpecHistory;
  /**
   * @returns begins to end the controller; called when the answer is on its way
   * @throws OperationError when it may not be torn down here
   */
  shutdown(teardown: boolean): Promise<() => void>;
}
