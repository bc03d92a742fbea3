/** The connections to one target. */
import { Agent, type ClientRequest, request } from "node:http";
import { connect, type Socket } from "node:net";
import { type Dispatcher, Pool } from "undici";
import type { Clock } from "../model/ports.ts";
import { expectWithin } from "../support/connect-deadline.ts";
import { LIMITS } from "./limits.ts";

export interface ProxyTarget {
  readonly ip: string;
  readonly port: number;
  /** How often the etcd cluster was begun anew: its terms may begin anew with it. */
  readonly epoch: number;
  /** Raft term in which this node was elected. */
  readonly term: number;
}

/** Something that goes on at a target: a request without its answer, an answer, a WebSocket. */
export interface InFlight {
  /** The target is lost or deposed: leave now, if that does no harm. */
  drain(): void;
  /** Leave now, whatever it costs. */
  abort(): void;
}

export interface UpstreamOptions {
  readonly ip: string;
  readonly port: number;
  readonly clock: Clock;
  /** Draining, and nothing is in flight any more. */
  onEmpty(): void;
}

export class Upstream {
  private readonly agent = new PoolAgent();
  private readonly pool: Pool;
  private readonly inFlight = new Set<InFlight>();
  private cancelGrace: (() => void) | null = null;
  draining = false;

  constructor(private readonly options: UpstreamOptions) {
    this.pool = poolOf(options);
  }

  get ip(): string {
    return this.options.ip;
  }

  get port(): number {
    return this.options.port;
  }

  /**
   * Starts a request. Sent over a connection of its own (`fresh`), it is certain that nothing was
   * sent when connecting fails; over one from the pool, a connection that the target is just
   * closing looks the same as one that died with the request. The headers of a fresh one must say
   * `Connection: close`: nobody would reuse the connection, nor close it.
   */
  request(method: string, path: string, headers: string[], fresh: boolean): ClientRequest {
    const { ip, port } = this;
    const maxHeaderSize = LIMITS.answerHeaderBytesMax;
    const target = { host: ip, port, setDefaultHeaders: false, maxHeaderSize };
    const common = { ...target, method, path, headers };
    const outgoing = fresh
      ? request({ ...common, createConnection: () => connectTo(ip, port) })
      : request({ ...common, agent: this.agent });
    // Their size is bounded; Node would leave out what is more than 2,000.
    outgoing.maxHeadersCount = 0;
    outgoing.setTimeout(LIMITS.idleMs);
    outgoing.on("timeout", () => {
      // It has all that was asked, and may think about it; it reads no more, and is stuck.
      if (outgoing.writableFinished) outgoing.setTimeout(LIMITS.idleMs);
      else outgoing.destroy(new Error("the target takes nothing more"));
    });
    return outgoing;
  }

  /** Starts a GET without a body over a kept connection. Headers name the connection as kept. */
  get(path: string, headers: string[], handler: Dispatcher.DispatchHandler): void {
    this.pool.dispatch({ method: "GET", path, headers }, handler);
  }

  /** @returns what to call when it is over */
  enter(exchange: InFlight): () => void {
    if (this.draining) throw new Error("a draining target takes nothing new");
    this.inFlight.add(exchange);
    return () => {
      this.inFlight.delete(exchange);
      if (this.draining) this.finishWhenEmpty();
    };
  }

  /**
   * Nothing new is let in. What can be done again elsewhere, and every WebSocket, ends at once;
   * answers under way may end in peace for a while, since a deposed node may well be alive.
   */
  drain(): void {
    if (this.draining) return;
    this.draining = true;
    for (const exchange of this.inFlight) exchange.drain();
    if (!this.finishWhenEmpty()) {
      this.cancelGrace = this.options.clock.after(LIMITS.drainGraceMs, () => this.abort());
    }
  }

  /** Ends everything now. */
  abort(): void {
    this.drain();
    for (const exchange of this.inFlight) exchange.abort();
    this.inFlight.clear();
    this.finishWhenEmpty();
  }

  private finishWhenEmpty(): boolean {
    if (this.inFlight.size > 0) return false;
    this.cancelGrace?.();
    this.cancelGrace = null;
    this.agent.destroy();
    void this.pool.destroy();
    this.options.onEmpty();
    return true;
  }
}

class PoolAgent extends Agent {
  constructor() {
    super({
      keepAlive: true,
      maxFreeSockets: LIMITS.poolSize,
      timeout: LIMITS.poolIdleMs,
      scheduling: "lifo",
    });
  }

  override createConnection(options: { host?: string | null; port?: string | number | null }) {
    return connectTo(String(options.host), Number(options.port));
  }
}

/** What is silent for long, it is up to the exchanges to judge. */
function poolOf({ ip, port }: UpstreamOptions): Pool {
  const host = ip.includes(":") ? `[${ip}]` : ip;
  return new Pool(`http://${host}:${port}`, {
    connections: null,
    pipelining: 1,
    keepAliveTimeout: LIMITS.poolIdleMs,
    keepAliveMaxTimeout: LIMITS.poolIdleMs,
    maxHeaderSize: LIMITS.answerHeaderBytesMax,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (_, callback) => {
      const socket = connectTo(ip, port);
      const failed = (error: Error) => callback(error, null);
      socket.once("error", failed);
      socket.once("connect", () => {
        socket.off("error", failed);
        callback(null, socket);
      });
    },
  });
}

export function connectTo(host: string, port: number): Socket {
  const keepAliveInitialDelay = LIMITS.tcpKeepAliveMs;
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay });
  expectWithin(LIMITS.connectMs, socket, "connect", `no connection to ${host}:${port}`);
  return socket;
}
