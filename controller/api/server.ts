/**
 * The controller's HTTP API: our own routes and Kubernetes', over HTTP and TLS on one address. It
 * reads what was published, and changes nothing but the spec files that are its own.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock, Logger, PublishedClusters } from "../model/ports.ts";
import { API_VERSION } from "../model/resource.ts";
import { answering } from "../support/answering.ts";
import { ConnectionShare } from "../support/connection-share.ts";
import { HostGuard } from "../support/host-guard.ts";
import { hostPortText } from "../support/host-port.ts";
import { lastResponse } from "../support/last-response.ts";
import { listen } from "../support/listen.ts";
import { AdoptionRoutes } from "./adoption.ts";
import { ClusterRoutes } from "./clusters.ts";
import {
  type ControllerEntry,
  type ControllerInfo,
  type HealthChecks,
  overview,
  sendHealth,
} from "./controller-status.ts";
import { type ApiExchange, sendJson, sendText } from "./exchange.ts";
import { TokenGuard } from "./guard.ts";
import { KubernetesApi } from "./kubernetes/kubernetes-api.ts";
import type { ManagedSpecs } from "./kubernetes/write/managed-specs.ts";
import { LIMITS } from "./limits.ts";
import { NodeLogs } from "./node-logs.ts";
import { OfferRoutes } from "./offers.ts";
import { OperationRoutes } from "./operation-routes.ts";
import type { ApiOperations } from "./operations.ts";
import { RebalanceRoutes } from "./rebalance.ts";
import { type Route, Router } from "./router.ts";
import { SnapshotRoutes } from "./snapshots.ts";
import { StatusError, statusErrorOf } from "./status-error.ts";
import { Streams } from "./streams.ts";
import { TlsOrPlainServer, type TlsFiles } from "./tls-or-plain.ts";

export interface ApiServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** What it proves itself with to clients that speak TLS. */
  readonly tls: TlsFiles;
  readonly published: PublishedClusters;
  /** The spec files that it may write. */
  readonly specs: ManagedSpecs;
  /** Of this software. */
  readonly version: string;
  readonly clock: Clock;
  /** Asked for each answer of `/status`. */
  readonly info: () => ControllerInfo;
  /** Of the site, the one that acts first. */
  readonly controllers: () => Promise<readonly ControllerEntry[]>;
  readonly health: HealthChecks;
  /** prom-client's registry. */
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
  readonly controlToken: string;
  readonly operations: ApiOperations;
  readonly log: Logger;
  /** Names under which it answers besides loopback's and the address it is reached at. */
  readonly hostNames?: readonly string[];
}

export interface ApiServer {
  /** `http://host:port` */
  readonly url: string;
  /** Idempotent. Ends watches, lets answers end in peace for a second, leaves no socket behind. */
  close(): Promise<void>;
}

/** @throws OperationError ERR_ADDRESS_IN_USE */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { host, port, log } = options;
  const streams = new Streams();
  const tokens = new TokenGuard(options.controlToken);
  const hosts = new HostGuard([host, ...(options.hostNames ?? [])]);
  const logs = new NodeLogs(options.operations, streams, log);
  const kubernetes = new KubernetesApi({ ...options, logs, streams });
  const router = new Router([...routesOf(options, logs), ...kubernetes.routes]);
  const server = new TlsOrPlainServer(
    options.tls,
    answering(answer, { log, refuse }),
    openWebSocket,
  );
  const share = new ConnectionShare(server.net, LIMITS.connectionsMax);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = parsedUrl(request.url ?? "/");
    const unrouted = {
      request,
      response,
      params: {},
      query: url?.searchParams ?? new URLSearchParams(),
    };
    share.answering(request, response);
    try {
      if (!hosts.allows(request)) throw foreignName(request);
      if (url === null) throw new StatusError("BadRequest", "The request's target is no path.");
      const { route, params } = router.match(request.method ?? "GET", url.pathname);
      if (route.authorized === true) {
        tokens.check(request);
        share.trust(request);
      }
      await route.handler({ ...unrouted, params });
    } catch (error) {
      const status = statusErrorOf(error);
      if (status === null) throw error;
      sendFailure(unrouted, status);
    }
  }

  function openWebSocket(request: IncomingMessage, client: Socket, head: Buffer): void {
    client.on("error", () => client.destroy());
    const url = parsedUrl(request.url ?? "/");
    try {
      if (!hosts.allows(request)) throw foreignName(request);
      if (url === null) throw new StatusError("BadRequest", "The request's target is no path.");
      tokens.check(request);
      share.trust(request);
      kubernetes.openWebSocket(request, client, head, url);
    } catch (error) {
      const status = statusErrorOf(error);
      if (status === null) log.error({ err: error }, "WebSocket failed to open");
      const told = status ?? new StatusError("InternalError", "The controller has a bug.");
      const query = new URLSearchParams();
      sendFailure({ request, response: lastResponse(request, client), params: {}, query }, told);
    }
  }

  try {
    const remedy = "Is a controller running already? Else choose another address with --api.";
    const bound = await listen(server.net, { host, port }, "HTTP API", remedy);
    let closing: Promise<void> | null = null;
    const close = () => {
      closing ??= shutDown(server, streams, kubernetes);
      return closing;
    };
    return { url: `http://${hostPortText({ host, port: bound })}`, close };
  } catch (error) {
    kubernetes.close();
    throw error;
  }
}

function foreignName({ headers }: IncomingMessage): StatusError {
  const name = JSON.stringify(headers.host);
  return new StatusError("Forbidden", `This controller does not answer under the name ${name}.`);
}

function routesOf(options: ApiServerOptions, logs: NodeLogs): Route[] {
  const { published, info, controllers, health, metrics, log } = options;
  const clusters = new ClusterRoutes(published);
  const operations = new OperationRoutes(options.operations, clusters, logs, log);
  const snapshots = new SnapshotRoutes(options.operations, clusters, log);
  const adoption = new AdoptionRoutes(options.operations, clusters, log);
  const rebalance = new RebalanceRoutes(options.operations, clusters, log);
  const offers = new OfferRoutes(options.operations, clusters);
  const one = `/apis/${API_VERSION}/namespaces/:namespace/jupyterclusters/:name`;
  const routes: Route[] = [
    {
      method: "GET",
      path: "/status",
      handler: async (x) => sendJson(x, overview(info(), await controllers(), published)),
    },
    { method: "GET", path: `${one}/events`, handler: clusters.events },
    { method: "GET", path: "/offers", handler: offers.all },
    { method: "GET", path: `${one}/offers`, handler: offers.ofCluster },
    { method: "GET", path: `${one}/access`, authorized: true, handler: operations.access },
    {
      method: "GET",
      path: `${one}/nodes/:node/log`,
      authorized: true,
      handler: operations.nodeLog,
    },
    { method: "GET", path: `${one}/snapshots`, handler: snapshots.list },
    { method: "POST", path: `${one}/snapshots`, authorized: true, handler: snapshots.take },
    { method: "POST", path: `${one}/restore`, authorized: true, handler: snapshots.restore },
    { method: "GET", path: `${one}/foreign`, authorized: true, handler: adoption.look },
    { method: "POST", path: `${one}/adopt`, authorized: true, handler: adoption.adopt },
    { method: "POST", path: `${one}/rebalance`, authorized: true, handler: rebalance.ask },
    { method: "POST", path: "/shutdown", authorized: true, handler: operations.shutdown },
    { method: "GET", path: "/healthz", handler: (x) => sendHealth(x, "healthz", health.live) },
    { method: "GET", path: "/readyz", handler: (x) => sendHealth(x, "readyz", health.ready) },
    {
      method: "GET",
      path: "/metrics",
      handler: async (x) => sendText(x, await metrics.metrics(), metrics.contentType),
    },
  ];
  const paths = [...new Set(routes.map(({ path }) => path))];
  return [{ method: "GET", path: "/", handler: (x) => sendJson(x, { paths }) }, ...routes];
}

/** The one that asked learns that something is wrong; what it is stands in the log. */
function refuse(response: ServerResponse): void {
  const error = new StatusError("InternalError", "The controller has a bug.");
  const query = new URLSearchParams();
  sendFailure({ request: response.req, response, params: {}, query }, error);
}

function sendFailure(exchange: ApiExchange, error: StatusError): void {
  const { request, response } = exchange;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What is left of a body that nobody reads would be taken for the next request.
  const last = request.complete ? {} : { Connection: "close" };
  const headers = { ...last, ...error.headers };
  sendJson({ ...exchange, query: new URLSearchParams() }, error, { status: error.code, headers });
}

/** Null: `//`, `*`, or another form that names no path. */
function parsedUrl(target: string): URL | null {
  const base = "http://controller";
  if (!target.startsWith("/") || !URL.canParse(base + target)) return null;
  return new URL(base + target);
}

async function shutDown(
  server: TlsOrPlainServer,
  streams: Streams,
  kubernetes: KubernetesApi,
): Promise<void> {
  streams.endAll();
  kubernetes.close();
  await server.close(LIMITS.closeGraceMs);
}
