/** What a cluster finds that others of its name have made, and the way to take it over. */
import type { OwnerUid } from "../model/ids.ts";
import type { Logger } from "../model/ports.ts";
import { API_VERSION } from "../model/resource.ts";
import type { ClusterRoutes } from "./clusters.ts";
import { type ApiExchange, sendAccepted, sendJson } from "./exchange.ts";
import type { ApiOperations } from "./operations.ts";
import { readJsonObject } from "./requests.ts";
import { StatusError } from "./status-error.ts";

export class AdoptionRoutes {
  constructor(
    private readonly operations: ApiOperations,
    private readonly clusters: ClusterRoutes,
    private readonly log: Logger,
  ) {}

  readonly look = async (exchange: ApiExchange): Promise<void> => {
    const { holdings, containers } = await this.operations.foreign(this.clusters.find(exchange));
    const kind = { kind: "ForeignList", apiVersion: API_VERSION, metadata: {} };
    sendJson(exchange, { ...kind, items: holdings, containers });
  };

  readonly adopt = async (exchange: ApiExchange): Promise<void> => {
    const cluster = this.clusters.find(exchange);
    const owners = ownersIn(await readJsonObject(exchange.request));
    const { namespace, name } = cluster.metadata;
    this.log.warn({ cluster: `${namespace}/${name}`, owners }, "adoption requested over the API");
    await this.operations.adopt(cluster, owners);
    sendAccepted(exchange);
  };
}

/** @throws StatusError BadRequest */
function ownersIn({ owners, ...others }: Record<string, unknown>): readonly OwnerUid[] {
  const isUid = (uid: unknown): uid is OwnerUid => uid === null || typeof uid === "string";
  const isList = Array.isArray(owners) && owners.length > 0 && owners.every(isUid);
  if (isList && Object.keys(others).length === 0) return owners;
  const message = 'The body is {"owners": ["<uid>" or null, …]}, and nothing else.';
  throw new StatusError("BadRequest", message);
}
