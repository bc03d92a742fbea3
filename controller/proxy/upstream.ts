/** The connections to one target. */
import { Agent, type ClientRequest, request } from "node:http";
import type { Clock } from "../model/ports.ts";
import { connectTo } from "./connect-to.ts";
import { LIMITS } from "./limits.ts";
import { ConnectionPool } from "./pool/connection-pool.ts";

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
  /** For GETs without a body; what else there is goes through node:http. */
  readonly pool: ConnectionPool;
  private readonly inFlight = new Set<InFlight>();
  private cancelGrace: (() => void) | null = null;
  draining = false;

  constructor(private readonly options: UpstreamOptions) {
    this.pool = new ConnectionPool(options);
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
    this.pool.destroy();
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
