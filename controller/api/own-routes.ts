/** The API's routes besides Kubernetes', as one table. */
import type { Clock, Logger, PublishedClusters } from "../model/ports.ts";
import { API_VERSION } from "../model/resource.ts";
import { AdoptionRoutes } from "./adoption.ts";
import { ClusterRoutes } from "./clusters.ts";
import {
  type ControllerEntry,
  type ControllerInfo,
  type HealthChecks,
  healthText,
  overview,
  sendHealth,
} from "./controller-status.ts";
import { type ApiExchange, sendJson, sendText } from "./exchange.ts";
import { DumpRoutes } from "./dump.ts";
import { HistoryRoutes } from "./history.ts";
import type { ManagedSpecs } from "./kubernetes/write/managed-specs.ts";
import type { SpecWriter } from "./kubernetes/write/writer.ts";
import type { NodeLogs } from "./node-logs.ts";
import { OfferRoutes } from "./offers.ts";
import { OperationRoutes } from "./operation-routes.ts";
import type { ApiOperations } from "./operations.ts";
import { redirect, wantsPage } from "./page/page-routes.ts";
import { PreviewRoutes } from "./preview.ts";
import { RebalanceRoutes } from "./rebalance.ts";
import type { Route } from "./router.ts";
import { SnapshotRoutes } from "./snapshots.ts";
import type { Streams } from "./streams.ts";

interface OwnParts {
  readonly published: PublishedClusters;
  readonly specs: ManagedSpecs;
  readonly info: () => ControllerInfo;
  readonly controllers: () => Promise<readonly ControllerEntry[]>;
  readonly health: HealthChecks;
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
  readonly operations: ApiOperations;
  readonly controlToken: string;
  readonly clock: Clock;
  readonly streams: Streams;
  /** Of managed specs. */
  readonly writer: SpecWriter;
  readonly log: Logger;
}

/** @param page the page's */
export function ownRoutes(options: OwnParts, logs: NodeLogs, page: readonly Route[]): Route[] {
  const { published, info, controllers, health, metrics, log } = options;
  const clusters = new ClusterRoutes(published);
  const operations = new OperationRoutes(options.operations, clusters, logs, log, options.clock);
  const snapshots = new SnapshotRoutes(options.operations, clusters, log);
  const adoption = new AdoptionRoutes(options.operations, clusters, log);
  const rebalance = new RebalanceRoutes(options.operations, clusters, log);
  const offers = new OfferRoutes(options.operations, clusters);
  const history = new HistoryRoutes(options.operations, clusters, options.writer);
  const dump = new DumpRoutes({
    ...options,
    clusters,
    events: (key) => published.events(key),
    common: async () => ({
      "status.json": overview(info(), await controllers(), published),
      "ready.txt": healthText("readyz", health.ready).text,
      "metrics.txt": await metrics.metrics(),
    }),
  });
  const preview = new PreviewRoutes(options.operations, clusters, options.specs);
  const one = `/apis/${API_VERSION}/namespaces/:namespace/jupyterclusters/:name`;
  const routes: Route[] = [
    {
      method: "GET",
      path: "/status",
      handler: async (x) => sendJson(x, overview(info(), await controllers(), published)),
    },
    { method: "GET", path: `${one}/events`, handler: clusters.events },
    { method: "GET", path: `${one}/operations`, handler: clusters.operations },
    { method: "GET", path: `${one}/usage`, handler: operations.usage },
    { method: "GET", path: "/offers", handler: offers.all },
    { method: "GET", path: `${one}/offers`, handler: offers.ofCluster },
    { method: "GET", path: `${one}/access`, authorized: true, handler: operations.access },
    {
      method: "GET",
      path: `${one}/nodes/:node/log`,
      authorized: true,
      handler: operations.nodeLog,
    },
    {
      method: "POST",
      path: `${one}/nodes/:node/kill`,
      authorized: true,
      handler: operations.killNode,
    },
    { method: "POST", path: `${one}/preview`, authorized: true, handler: preview.ask },
    { method: "GET", path: `${one}/snapshots`, handler: snapshots.list },
    { method: "POST", path: `${one}/snapshots`, authorized: true, handler: snapshots.take },
    { method: "POST", path: `${one}/restore`, authorized: true, handler: snapshots.restore },
    { method: "GET", path: `${one}/foreign`, authorized: true, handler: adoption.look },
    { method: "POST", path: `${one}/adopt`, authorized: true, handler: adoption.adopt },
    { method: "POST", path: `${one}/rebalance`, authorized: true, handler: rebalance.ask },
    ...history.routes(one),
    { method: "GET", path: `${one}/dump`, authorized: true, handler: dump.send },
    { method: "POST", path: "/shutdown", authorized: true, handler: operations.shutdown },
    { method: "GET", path: "/healthz", handler: (x) => sendHealth(x, "healthz", health.live) },
    { method: "GET", path: "/readyz", handler: (x) => sendHealth(x, "readyz", health.ready) },
    {
      method: "GET",
      path: "/metrics",
      handler: async (x) => sendText(x, await metrics.metrics(), metrics.contentType),
    },
  ];
  const all = [...routes, ...page];
  const paths = [...new Set(all.map(({ path }) => path))];
  const root = (exchange: ApiExchange) =>
    wantsPage(exchange) ? redirect(exchange, "ui/") : sendJson(exchange, { paths });
  return [{ method: "GET", path: "/", handler: root }, ...all];
}
