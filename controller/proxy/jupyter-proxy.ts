/**
 * The one address under which a cluster's Jupyter is reached, whichever node serves it.
 *
 * Requests and WebSockets go to the target in force. While there is none, or it does not answer,
 * requests are held; what was lost before its answer began is sent again where that is safe.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ObservedProxy } from "../model/observed.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { steadyClock } from "../support/clock.ts";
import { ConnectionShare } from "../support/connection-share.ts";
import { HostGuard } from "../support/host-guard.ts";
import { listen } from "../support/listen.ts";
import { lastResponse } from "../support/last-response.ts";
import { hasBody, opensWebSocket } from "../support/opens-web-socket.ts";
import { serveAsPlain } from "../support/plain-request.ts";
import { closesWithConnection, hasUnended } from "../support/orphaned-answers.ts";
import { ByteBudget } from "./byte-budget.ts";
import { type Dispatch, dispatch, type Exchange } from "./dispatch.ts";
import { HttpExchange } from "./http-exchange.ts";
import { LIMITS } from "./limits.ts";
import { isAmbiguous, readWhole, replayableBytes, type RequestBody } from "./request-body.ts";
import type { ProxyStats } from "./proxy-stats.ts";
import { TargetGate } from "./target-gate.ts";
import {
  BAD_REQUEST,
  CLOSING,
  FOREIGN_NAME,
  NO_TUNNEL,
  OVERLOADED,
  type Refusal,
  sendRefusal,
} from "./unavailable.ts";
import type { ProxyTarget } from "./upstream.ts";
import { UpgradeExchange } from "./upgrade-exchange.ts";
import { WebSockets } from "./web-sockets.ts";

export interface JupyterProxyOptions {
  readonly address: string;
  /** 0: any free one; {@link JupyterProxy.status} tells which. */
  readonly port: number;
  /** How long a request waits for a target, in milliseconds. */
  readonly holdMs: number;
  /** Names it answers under, besides loopback's and the address it is reached at; null: any. */
  readonly hostNames?: readonly string[] | null;
  /** Where a target says whether it is ready; null: it is not asked. */
  readonly readyPath?: string | null;
  readonly log: Logger;
  /** For spans alone; left out: one that nobody sets. */
  readonly clock?: Clock;
  /** {@link JupyterProxy.status} has changed. */
  onChange?(): void;
}

const BUG = "bug in the proxy";

export class JupyterProxy {
  private readonly server: Server;
  private readonly gate: TargetGate;
  private readonly clock: Clock;
  private readonly dispatching: Dispatch;
  private readonly budget = new ByteBudget(LIMITS.replayBytesTotalMax);
  private readonly sockets = new Set<Socket>();
  private holdMs: number;
  private hosts: HostGuard | null = null;
  private port: number;
  private listening = false;
  private closing: Promise<void> | null = null;
  private active = 0;
  private readonly webSockets: WebSockets;
  private readonly totals = { requests: 0, retries: 0, heldTotal: 0, refused: 0 };

  constructor(private readonly options: JupyterProxyOptions) {
    this.clock = options.clock ?? steadyClock;
    this.holdMs = checkedHold(options.holdMs);
    this.port = options.port;
    this.setHostNames(options.hostNames ?? null);
    const onChange = () => this.options.onChange?.();
    const { log, readyPath = null } = options;
    this.gate = new TargetGate({ clock: this.clock, log, readyPath, onChange });
    this.dispatching = {
      gate: this.gate,
      clock: this.clock,
      holdMs: () => this.holdMs,
      held: { waiting: 0, max: LIMITS.heldMax },
      onHeld: () => {
        this.totals.heldTotal += 1;
      },
      onRetry: () => {
        this.totals.retries += 1;
      },
      onRefused: () => {
        this.totals.refused += 1;
      },
    };
    this.webSockets = new WebSockets({
      clock: this.clock,
      log,
      // They are open already, and in nobody's way.
      joining: { ...this.dispatching, held: { waiting: 0, max: LIMITS.connectionsMax } },
      onLost: (upstream) => this.gate.suspect(upstream),
      onError: (error) => log.error({ err: error }, BUG),
    });
    this.server = this.makeServer();
  }

  /** @throws OperationError ERR_ADDRESS_IN_USE */
  async listen(): Promise<void> {
    const { address, port } = this.options;
    const remedy = "Stop the other program, or change spec.proxy.address and spec.proxy.port.";
    this.port = await listen(this.server, { host: address, port }, "Jupyter proxy", remedy);
    this.listening = true;
  }

  /** Serves this node from now on, unless the fence refuses it ({@link TargetGate}); the same again changes nothing. */
  setTarget(target: ProxyTarget): void {
    this.gate.setTarget(target);
  }

  /** That node is known dead or deposed: requests wait, WebSockets are closed with 1012. */
  dropTarget(ip: string): void {
    this.gate.dropTarget(ip);
  }

  /** It is asked whether it serves; until it says so requests wait, and WebSockets go on. */
  doubtTarget(ip: string): void {
    this.gate.doubtTarget(ip);
  }

  /** The target in force, even while it is found not to answer (`status` then shows none). */
  get assigned(): ProxyTarget | null {
    return this.gate.assigned;
  }

  get isAsked(): boolean {
    return this.gate.isAsked;
  }

  status(): ObservedProxy {
    const { listening, port, gate } = this;
    return { listening, address: this.options.address, port, error: null, target: gate.served };
  }

  stats(): ProxyStats {
    const { totals, active, webSockets, dispatching, sockets } = this;
    const held = dispatching.held.waiting;
    return {
      ...totals,
      active,
      webSockets: webSockets.count,
      joins: { ...webSockets.joins },
      held,
      connections: sockets.size,
    };
  }

  /** For requests that begin to wait from now on. Milliseconds. */
  setHold(ms: number): void {
    this.holdMs = checkedHold(ms);
  }

  /** For requests from now on; null: it answers under any name. */
  setHostNames(names: readonly string[] | null): void {
    this.hosts = names === null ? null : new HostGuard([this.options.address, ...names]);
  }

  /** Idempotent. When it resolves, every socket is closed. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private makeServer(): Server {
    const server = createServer({
      headersTimeout: LIMITS.headersMs,
      maxHeaderSize: LIMITS.requestHeaderBytesMax,
      keepAliveTimeout: LIMITS.keepAliveMs,
      // An upload may take long; what bounds it is the silence on its connection.
      requestTimeout: 0,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: LIMITS.tcpKeepAliveMs,
    });
    // Their size is bounded; Node would leave out what is more than 2,000.
    server.maxHeadersCount = 0;
    server.timeout = LIMITS.idleMs;
    const share = new ConnectionShare(server, LIMITS.connectionsMax);
    server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.once("close", () => this.sockets.delete(socket));
    });
    const serve = (request: IncomingMessage, response: ServerResponse) => {
      closesWithConnection(request, response);
      share.answering(request, response);
      this.serve(request, response).catch((error: unknown) => this.failed(error, request.socket));
    };
    // What a client expects besides 100-continue is for Jupyter to judge.
    server.on("request", serve).on("checkExpectation", serve);
    server.on("connect", (request, stream) => {
      const client = stream as Socket;
      client.on("error", () => {});
      // Node has given the connection up in the middle of another answer, which cannot go on.
      if (hasUnended(client)) return client.destroy();
      sendRefusal(request, lastResponse(request, client), NO_TUNNEL);
    });
    server.on("upgrade", (request, stream, head) => {
      const client = stream as Socket;
      if (hasUnended(client)) return client.destroy();
      if (!opensWebSocket(request)) return serveAsPlain(server, request, client, head);
      share.answering(request, client);
      this.open(request, client, head).catch((error: unknown) => this.failed(error, client));
    });
    return server;
  }

  /** A bug of ours costs the one connection that met it, and nobody else. */
  private failed(error: unknown, client: Socket): void {
    this.options.log.error({ err: error }, BUG);
    client.destroy();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = this.refusalOf(request);
    if (refusal !== null) return sendRefusal(request, response, refusal);
    const kept = replayableBytes(request);
    const keeps = kept !== null && this.budget.take(kept);
    try {
      const body = await bodyOf(request, keeps);
      if (body !== null) await this.handle(new HttpExchange(request, response, body));
    } finally {
      if (keeps) this.budget.give(kept);
    }
  }

  private async open(request: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    client.setTimeout(LIMITS.idleMs, () => client.destroy());
    const exchange = new UpgradeExchange(request, client, head, (ends) =>
      this.webSockets.open(ends),
    );
    const refusal = this.refusalOf(request);
    if (refusal !== null) exchange.refuse(refusal);
    else await this.handle(exchange);
  }

  /** Null: it may go to Jupyter. */
  private refusalOf(request: IncomingMessage): Refusal | null {
    if (isAmbiguous(request)) return BAD_REQUEST;
    return this.hosts?.allows(request) === false ? FOREIGN_NAME : null;
  }

  private async handle(exchange: Exchange): Promise<void> {
    this.totals.requests += 1;
    if (this.closing !== null) return exchange.refuse(CLOSING);
    if (this.active >= LIMITS.exchangesMax) return exchange.refuse(OVERLOADED);
    this.active += 1;
    try {
      await dispatch(exchange, this.dispatching);
    } finally {
      this.active -= 1;
    }
  }

  private async shutDown(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      // Its error says that it was not listening, which is as good.
      this.server.close(() => resolve());
    });
    this.gate.close();
    this.server.closeIdleConnections();
    const cancel = this.clock.after(LIMITS.closeGraceMs, () => {
      for (const socket of this.sockets) socket.destroy();
    });
    await closed;
    await allClosed(this.sockets);
    cancel();
    this.gate.abort();
    this.listening = false;
  }
}

/** Null: the client has gone. */
async function bodyOf(request: IncomingMessage, keeps: boolean): Promise<RequestBody | null> {
  if (!hasBody(request)) return { kind: "none" };
  if (!keeps) return { kind: "stream" };
  const bytes = await readWhole(request);
  return bytes === null ? null : { kind: "kept", bytes };
}

async function allClosed(sockets: ReadonlySet<Socket>): Promise<void> {
  await Promise.all(
    [...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve))),
  );
}

function checkedHold(ms: number): number {
  if (!Number.isFinite(ms) || ms < 0) throw new Error(`not a hold time: ${ms} ms`);
  return ms;
}
