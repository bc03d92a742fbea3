/**
 * The controller's HTTP API: our own routes and Kubernetes', over HTTP and TLS on one address. It
 * reads what was published, and changes nothing but the spec files that are its own.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock, Logger, PublishedClusters } from "../model/ports.ts";
import type { Readings } from "../model/page-stream.ts";
import { answering } from "../support/answering.ts";
import { ConnectionShare } from "../support/connection-share.ts";
import { HostGuard } from "../support/host-guard.ts";
import { hostPortText } from "../support/host-port.ts";
import { lastResponse } from "../support/last-response.ts";
import { listen } from "../support/listen.ts";
import {
  type ControllerEntry,
  type ControllerInfo,
  type HealthChecks,
  pageController,
} from "./controller-status.ts";
import { type ApiExchange, sendJson } from "./exchange.ts";
import { TokenGuard } from "./guard.ts";
import { KubernetesApi } from "./kubernetes/kubernetes-api.ts";
import type { ManagedSpecs } from "./kubernetes/write/managed-specs.ts";
import { LIMITS } from "./limits.ts";
import { NodeLogs } from "./node-logs.ts";
import { ChangeStream } from "./page/change-stream.ts";
import type { PageFiles } from "./page/page-files.ts";
import { ownRoutes } from "./own-routes.ts";
import { pageRoutes } from "./page/page-routes.ts";
import { Sessions } from "./page/sessions.ts";
import type { ApiOperations } from "./operations.ts";
import { Router } from "./router.ts";
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
  /** Null: this process has no page. */
  readonly page: PageFiles | null;
  /** What pages draw lines of, asked for now and then; by `namespace/name`. */
  readonly readings: () => ReadonlyMap<string, Readings>;
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
  const { tokens, streams, changes, kubernetes, router } = partsOf(options);
  const hosts = new HostGuard([host, ...(options.hostNames ?? [])]);
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
      closing ??= shutDown(server, streams, [changes, kubernetes]);
      return closing;
    };
    return { url: `http://${hostPortText({ host, port: bound })}`, close };
  } catch (error) {
    changes.close();
    kubernetes.close();
    throw error;
  }
}

function partsOf(options: ApiServerOptions) {
  const streams = new Streams();
  const sessions = new Sessions(options.clock);
  const tokens = new TokenGuard(options.controlToken, sessions);
  const logs = new NodeLogs(options.operations, streams, options.log);
  const kubernetes = new KubernetesApi({ ...options, logs, streams });
  const changes = new ChangeStream({ ...options, controller: () => pageController(options) });
  const page = pageRoutes({ files: options.page, sessions, tokens, changes });
  const { writer, routes } = kubernetes;
  const router = new Router([...ownRoutes({ ...options, streams, writer }, logs, page), ...routes]);
  return { streams, tokens, kubernetes, changes, router };
}

function foreignName({ headers }: IncomingMessage): StatusError {
  const name = JSON.stringify(headers.host);
  return new StatusError("Forbidden", `This controller does not answer under the name ${name}.`);
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
  parts: readonly { close(): void }[],
): Promise<void> {
  streams.endAll();
  for (const part of parts) part.close();
  await server.close(LIMITS.closeGraceMs);
}
