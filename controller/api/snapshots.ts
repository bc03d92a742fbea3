/** The snapshots of a cluster: which there are, one more, and the way back to one. */
import type { Logger } from "../model/ports.ts";
import { API_VERSION } from "../model/resource.ts";
import type { RestoreRequest, SnapshotInfo } from "../model/snapshot.ts";
import { askerOf } from "./asker.ts";
import type { ClusterRoutes } from "./clusters.ts";
import { type ApiExchange, sendAccepted, sendJson } from "./exchange.ts";
import type { ApiOperations } from "./operations.ts";
import { readJsonObject } from "./requests.ts";
import { StatusError } from "./status-error.ts";

export class SnapshotRoutes {
  constructor(
    private readonly operations: ApiOperations,
    private readonly clusters: ClusterRoutes,
    private readonly log: Logger,
  ) {}

  /** Newest last. */
  readonly list = async (exchange: ApiExchange): Promise<void> => {
    const items = await this.operations.snapshots(this.clusters.find(exchange));
    sendJson(exchange, { kind: "SnapshotList", apiVersion: API_VERSION, metadata: {}, items });
  };

  /** The body, if there is one, says nothing. */
  readonly take = async (exchange: ApiExchange): Promise<void> => {
    exchange.request.resume();
    const cluster = this.clusters.find(exchange);
    const snapshot = await this.operations.takeSnapshot(cluster, askerOf(exchange.request));
    sendJson(exchange, snapshot, { status: 201 });
  };

  readonly restore = async (exchange: ApiExchange): Promise<void> => {
    const cluster = this.clusters.find(exchange);
    const wanted = await readJsonObject(exchange.request);
    const request = requestOf(wanted, await this.operations.snapshots(cluster));
    const { namespace, name } = cluster.metadata;
    this.log.warn({ cluster: `${namespace}/${name}`, ...wanted }, "restore requested over the API");
    await this.operations.restore(cluster, request, askerOf(exchange.request));
    sendAccepted(exchange);
  };
}

/** @throws StatusError BadRequest, NotFound */
function requestOf(
  { snapshot: id, empty, ...others }: Record<string, unknown>,
  snapshots: readonly SnapshotInfo[],
): RestoreRequest {
  const onlyKnown = Object.keys(others).length === 0;
  if (onlyKnown && empty === true && id === undefined) return { from: "nothing" };
  if (!onlyKnown || empty !== undefined || typeof id !== "string") {
    const message = 'The body is {"snapshot": "<id>"} or {"empty": true}, and nothing else.';
    throw new StatusError("BadRequest", message);
  }
  const snapshot = snapshots.find((s) => s.id === id);
  if (snapshot !== undefined) return { from: "snapshot", snapshot };
  const there = snapshots.map((s) => s.id).join(", ") || "none";
  throw new StatusError("NotFound", `There is no snapshot ${id}; there are: ${there}.`);
}
