/** The way to have nodes moved to better hosts, to see which would be, and to end it. */
import type { Logger } from "../model/ports.ts";
import { REBALANCE_ACTIONS, type RebalanceAction } from "../model/rebalance.ts";
import { askerOf } from "./asker.ts";
import type { ClusterRoutes } from "./clusters.ts";
import { type ApiExchange, sendAccepted } from "./exchange.ts";
import type { ApiOperations } from "./operations.ts";
import { readJsonObject } from "./requests.ts";
import { StatusError } from "./status-error.ts";

export class RebalanceRoutes {
  constructor(
    private readonly operations: ApiOperations,
    private readonly clusters: ClusterRoutes,
    private readonly log: Logger,
  ) {}

  /** What comes of it is in the cluster's status. */
  readonly ask = async (exchange: ApiExchange): Promise<void> => {
    const cluster = this.clusters.find(exchange);
    const action = actionIn(await readJsonObject(exchange.request));
    const { namespace, name } = cluster.metadata;
    this.log.info({ cluster: `${namespace}/${name}`, action }, "rebalance asked for over the API");
    await this.operations.rebalance(cluster, action, askerOf(exchange.request));
    sendAccepted(exchange);
  };
}

/** @throws StatusError BadRequest */
function actionIn({ action, ...others }: Record<string, unknown>): RebalanceAction {
  const found = REBALANCE_ACTIONS.find((known) => known === action);
  if (found !== undefined && Object.keys(others).length === 0) return found;
  const allowed = REBALANCE_ACTIONS.map((known) => `"${known}"`).join(", ");
  const message = `The body is {"action": one of ${allowed}}, and nothing else.`;
  throw new StatusError("BadRequest", message);
}
