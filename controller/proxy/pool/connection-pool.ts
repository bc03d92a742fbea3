/** Connections to one target that are kept from one GET to the next. */
import type { Clock } from "../../model/ports.ts";
import { LIMITS } from "../limits.ts";
import { type Asker, TargetConnection } from "./target-connection.ts";

export interface ConnectionPoolOptions {
  readonly ip: string;
  readonly port: number;
  readonly clock: Clock;
}

interface Idle {
  readonly connection: TargetConnection;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export class ConnectionPool {
  private readonly all = new Set<TargetConnection>();
  /** The newest last, which is taken first: the others may become too old. */
  private idle: Idle[] = [];
  private cancelSweep: (() => void) | null = null;

  constructor(private readonly options: ConnectionPoolOptions) {}

  /**
   * Sends a request without a body, over a connection that is idle or else over a new one.
   *
   * @returns whom to tell that more may come, or to end: no other request is on it
   */
  ask(request: string, asker: Asker): TargetConnection {
    const connection = this.newest() ?? this.open();
    connection.ask(request, asker);
    return connection;
  }

  /** Ends every connection, and with it what goes on there. */
  destroy(): void {
    this.cancelSweep?.();
    this.cancelSweep = null;
    for (const connection of this.all) connection.destroy();
  }

  private newest(): TargetConnection | null {
    const now = this.options.clock.now();
    for (;;) {
      const last = this.idle.pop();
      if (last === undefined) return null;
      if (last.connection.isOpen && last.until > now) return last.connection;
      last.connection.destroy();
    }
  }

  private open(): TargetConnection {
    const { ip, port } = this.options;
    const connection = new TargetConnection({
      ip,
      port,
      onIdle: (one, keepMs) => this.keep(one, keepMs),
      onClosed: (one) => this.all.delete(one),
    });
    this.all.add(connection);
    return connection;
  }

  private keep(connection: TargetConnection, keepMs: number): void {
    if (this.idle.length >= LIMITS.poolSize) return connection.destroy();
    const { clock } = this.options;
    const until = clock.now() + Math.min(keepMs, LIMITS.poolIdleMs);
    this.idle.push({ connection, until });
    this.cancelSweep ??= clock.after(LIMITS.poolIdleMs, () => this.sweep());
  }

  /** Those that nobody has asked for long; and what the target has closed meanwhile. */
  private sweep(): void {
    this.cancelSweep = null;
    const { clock } = this.options;
    const now = clock.now();
    for (const { connection, until } of this.idle) if (until <= now) connection.destroy();
    this.idle = this.idle.filter(({ connection }) => connection.isOpen);
    if (this.idle.length > 0) {
      this.cancelSweep = clock.after(LIMITS.poolIdleMs, () => this.sweep());
    }
  }
}
