/** The latest offers of Mesos, and what was made of each. */
import { clusterKey } from "../model/ids.ts";
import type { OfferRecord } from "../model/offer.ts";
import { API_VERSION } from "../model/resource.ts";
import type { ClusterRoutes } from "./clusters.ts";
import { type ApiExchange, sendJson } from "./exchange.ts";
import type { ApiOperations } from "./operations.ts";

export class OfferRoutes {
  constructor(
    private readonly operations: ApiOperations,
    private readonly clusters: ClusterRoutes,
  ) {}

  /** Newest last, with the decisions of all clusters. */
  readonly all = (exchange: ApiExchange): void => {
    this.send(exchange, this.operations.offers());
  };

  /** The same offers, with the decisions of one cluster alone. */
  readonly ofCluster = (exchange: ApiExchange): void => {
    const key = clusterKey(this.clusters.find(exchange).metadata);
    const items = this.operations.offers().map((offer) => ({
      ...offer,
      decisions: offer.decisions.filter(({ cluster }) => cluster === key),
    }));
    this.send(exchange, items);
  };

  private send(exchange: ApiExchange, items: readonly OfferRecord[]): void {
    sendJson(exchange, { kind: "OfferList", apiVersion: API_VERSION, metadata: {}, items });
  }
}
