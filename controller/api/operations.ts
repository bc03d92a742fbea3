/** What needs the control token: the way into Jupyter, the nodes' logs, the controller's end. */
import type { Readable } from "node:stream";
import { LOG_UNITS, type LogUnit } from "../model/agent-api.ts";
import { slotOfMemberName } from "../model/ids.ts";
import type { Foreign } from "../model/holdings.ts";
import type { OwnerUid } from "../model/ids.ts";
import type { OfferRecord } from "../model/offer.ts";
import type { Logger } from "../model/ports.ts";
import type { RebalanceAction } from "../model/rebalance.ts";
import type { JupyterClusterObject, NodeStatus } from "../model/resource.ts";
import type { RestoreRequest, SnapshotInfo } from "../model/snapshot.ts";
import type { ClusterRoutes } from "./clusters.ts";
import { type ApiExchange, sendAccepted, sendJson } from "./exchange.ts";
import { LIMITS } from "./limits.ts";
import { booleanOf, oneOf, readJsonObject, wholeNumberOf } from "./requests.ts";
import { StatusError } from "./status-error.ts";
import type { Streams } from "./streams.ts";

export interface NodeLogRequest {
  readonly cluster: JupyterClusterObject;
  readonly node: NodeStatus;
  readonly unit: LogUnit;
  /** Lines from the end; null: all that there is. */
  readonly tail: number | null;
  readonly follow: boolean;
}

/** What the API needs of the rest of the controller. Each call has its own deadline. */
export interface ApiOperations {
  /** Jupyter's URL through the proxy, with its token in it. @throws OperationError */
  jupyterUrl(cluster: JupyterClusterObject): string;
  /** The stream is destroyed when the client goes. @throws OperationError */
  nodeLog(request: NodeLogRequest): Promise<Readable>;
  /** Oldest first. @throws OperationError */
  snapshots(cluster: JupyterClusterObject): Promise<readonly SnapshotInfo[]>;
  /** Resolves when it is stored, which may take minutes. @throws OperationError */
  takeSnapshot(cluster: JupyterClusterObject): Promise<SnapshotInfo>;
  /** Resolves when the request cannot be forgotten any more. @throws OperationError */
  restore(cluster: JupyterClusterObject, request: RestoreRequest): Promise<void>;
  /** The latest ones, newest last, and what was made of each. */
  offers(): readonly OfferRecord[];
  /** What the cluster may not use yet. @throws OperationError */
  foreign(cluster: JupyterClusterObject): Promise<Foreign>;
  /** Resolves when it is stored. @throws OperationError */
  adopt(cluster: JupyterClusterObject, owners: readonly OwnerUid[]): Promise<void>;
  /** Resolves when it is stored. @throws OperationError */
  rebalance(cluster: JupyterClusterObject, action: RebalanceAction): Promise<void>;
  /**
   * @returns begins to end the controller; called when the answer is on its way
   * @throws OperationError when it may not be torn down here
   */
  shutdown(teardown: boolean): Promise<() => void>;
}

export class OperationRoutes {
  constructor(
    private readonly operations: ApiOperations,
    private readonly clusters: ClusterRoutes,
    private readonly streams: Streams,
    private readonly log: Logger,
  ) {}

  readonly access = (exchange: ApiExchange): void => {
    const url = this.operations.jupyterUrl(this.clusters.find(exchange));
    sendJson(exchange, { jupyter: { url } }, { headers: { "Cache-Control": "no-store" } });
  };

  readonly nodeLog = async (exchange: ApiExchange): Promise<void> => {
    const { request, response, query, params } = exchange;
    const cluster = this.clusters.find(exchange);
    const node = findNode(cluster, params["node"] ?? "");
    const unit = oneOf(query, "unit", LOG_UNITS) ?? "agent";
    const tail = wholeNumberOf(query, "tail", 0, LIMITS.tailMax);
    const follow = booleanOf(query, "follow");
    this.streams.add(response);
    const source = await this.operations.nodeLog({ cluster, node, unit, tail, follow });
    response.writeHead(200, {
      "Content-Type": "text/plain; charset=utf-8",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
    });
    if (request.method === "HEAD" || response.destroyed) {
      source.on("error", () => {}).destroy();
      response.end();
      return;
    }
    response.flushHeaders();
    await this.pass(exchange, source);
  };

  readonly shutdown = async ({ request, response, ...exchange }: ApiExchange): Promise<void> => {
    const { teardown = false } = await readJsonObject(request);
    if (typeof teardown !== "boolean") {
      throw new StatusError("BadRequest", "teardown is true or false.");
    }
    const begin = await this.operations.shutdown(teardown);
    this.log.info({ teardown }, "shutdown requested over the API");
    response.once("close", begin);
    sendAccepted({ request, response, ...exchange }, { Connection: "close" });
  };

  /** A log that breaks off breaks the answer, so that nobody takes it for the end. */
  private pass({ response, params }: ApiExchange, source: Readable): Promise<void> {
    return new Promise((resolve) => {
      source.on("error", (error) => {
        this.log.warn({ node: params["node"], err: error }, "node log broke off");
        response.destroy();
      });
      response.once("close", () => {
        source.destroy();
        resolve();
      });
      source.pipe(response);
    });
  }
}

function findNode(cluster: JupyterClusterObject, name: string): NodeStatus {
  const slot = slotOfMemberName(name);
  const { nodes } = cluster.status;
  const node = nodes.find((n) => (slot === null ? n.name === name : n.slot === slot));
  if (node !== undefined) return node;
  const there = nodes.map((n) => n.name ?? `slot-${n.slot}`).join(", ") || "none yet";
  const message = `JupyterCluster ${cluster.metadata.name} has no node ${name}; it has ${there}.`;
  throw new StatusError("NotFound", message);
}
