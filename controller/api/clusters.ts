/** The JupyterClusters that requests below `…/jupyterclusters/{name}` are about. */
import { clusterKey } from "../model/ids.ts";
import type { PublishedClusters } from "../model/ports.ts";
import { API_VERSION, type ClusterStatus, type JupyterClusterObject } from "../model/resource.ts";
import { type ApiExchange, sendJson } from "./exchange.ts";
import { jupyterClusters } from "./kubernetes/kinds/jupyter-clusters.ts";
import { notFound } from "./kubernetes/not-found.ts";

export class ClusterRoutes {
  constructor(private readonly published: PublishedClusters) {}

  readonly events = (exchange: ApiExchange): void => {
    const object = this.find(exchange);
    const items = this.published.events(clusterKey(object.metadata));
    const { resourceVersion } = object.metadata;
    const metadata = { resourceVersion };
    sendJson(exchange, { kind: "EventList", apiVersion: "v1", metadata, items });
  };

  /** The latest, newest last. */
  readonly operations = (exchange: ApiExchange): void => {
    const { metadata, status } = this.find(exchange);
    const { resourceVersion } = metadata;
    // A controller of the release before, which may act beside this one, tells none.
    const items = (status as Partial<ClusterStatus>).operations ?? [];
    const list = { kind: "OperationList", apiVersion: API_VERSION, metadata: { resourceVersion } };
    sendJson(exchange, { ...list, items });
  };

  /** @throws StatusError NotFound */
  find({ params }: ApiExchange): JupyterClusterObject {
    const { namespace = "", name = "" } = params;
    const object = this.published.get(clusterKey({ namespace, name }));
    if (object === undefined) throw notFound(jupyterClusters, name);
    return object;
  }
}
