/**
 * Looks at ZooKeeper, and looks again whenever something may have changed: after a watch's event,
 * after each new connection, and every few seconds. Whoever looks reads all that he wants to know
 * and sets his watches with it, so no event can be lost, and no session has to be resumed.
 */
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { type Backoff, delayAfter, jittered } from "../support/backoff.ts";
import { type HostPort, hostPortText } from "../support/host-port.ts";
import { type ConnectionOptions, ZooKeeperConnection } from "./connection.ts";

export interface ZooKeeperClientOptions {
  /** One or more. They are asked in an order of chance, so that clients spread. */
  readonly servers: readonly HostPort[];
  readonly auth: ConnectionOptions["auth"];
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1. */
  readonly random: () => number;
  /** An OperationError that it throws ends the connection, if the end is not why it threw. */
  look(connection: ZooKeeperConnection): Promise<void>;
  /** Each server was tried in vain, or one says that it won't let us in; it goes on trying. */
  onUnreachable(reason: OperationError): void;
  /** See {@link ConnectionOptions.dial}. */
  readonly dial?: ConnectionOptions["dial"];
}

/** As long as that of Mesos's masters. Milliseconds. */
export const SESSION_TIMEOUT_MS = 10_000;
/** What no event has told is found out after this time. Milliseconds. */
export const LOOK_EACH_MS = 10_000;
/** Between two looks, however many events there are. Milliseconds. */
const LOOKS_APART_MS = 50;
/** After each server was tried. */
export const RECONNECT_PACE: Backoff = { firstMs: 100, capMs: 5000 };
/** A connection that lived so long was no part of a series of failures. */
const HEALTHY_MS = 10_000;
const OPEN_WITHIN_MS_MIN = 2000;

export class ZooKeeperClient {
  private readonly servers: readonly HostPort[];
  private readonly stopping = new AbortController();
  private running: Promise<void> | null = null;
  private connection: ZooKeeperConnection | null = null;
  /** Newest state seen; see {@link ConnectionOptions.lastZxid}. */
  private lastZxid = 0n;
  /** What was read may be true no more. */
  private outdated = false;
  private sleep: { readonly isForNews: boolean; readonly wake: () => void } | null = null;

  constructor(private readonly options: ZooKeeperClientOptions) {
    const { servers, random } = options;
    if (servers.length === 0) throw new Error("no ZooKeeper server is given");
    const drawn = servers.map((server) => ({ server, lot: random() }));
    this.servers = drawn.sort((a, b) => a.lot - b.lot).map(({ server }) => server);
  }

  start(): void {
    if (this.running !== null) throw new Error("the ZooKeeper client was started before");
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.connection?.close();
    this.sleep?.wake();
    await this.running;
  }

  /** Looks again soon. */
  lookAgain(): void {
    this.outdated = true;
    if (this.sleep?.isForNews === true) this.sleep.wake();
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    const { clock, log, random } = this.options;
    const count = this.servers.length;
    for (let failures = 0, next = 0; !this.stopped; next = (next + 1) % count) {
      const server = this.servers[next];
      if (server === undefined) throw new Error("no such server");
      const startedAt = clock.now();
      const { looked, reason } = await this.session(server);
      if (this.stopped) return;
      log.debug({ server: hostPortText(server), error: reason.message }, "ZooKeeper session over");
      failures = looked && clock.now() - startedAt >= HEALTHY_MS ? 0 : failures + 1;
      const isRound = failures > 0 && failures % count === 0;
      this.tell(reason, isRound);
      if (!isRound) continue;
      // An ensemble that began anew is behind whatever was seen, and would refuse us for ever.
      this.lastZxid = 0n;
      await this.rest(jittered(delayAfter(RECONNECT_PACE, failures / count), random()), false);
    }
  }

  /** @returns whether there was at least one look, and why it is over */
  private async session(server: HostPort): Promise<{ looked: boolean; reason: OperationError }> {
    let looked = false;
    try {
      const connection = await this.open(server);
      this.connection = connection;
      this.options.log.debug({ server: hostPortText(server) }, "ZooKeeper session open");
      while (connection.endedBy === null) {
        this.outdated = false;
        await this.options.look(connection);
        looked = true;
        this.lastZxid = connection.zxid;
        if (connection.endedBy === null) await this.rest(LOOKS_APART_MS, false);
        if (connection.endedBy === null && !this.outdated) await this.rest(LOOK_EACH_MS, true);
      }
      return { looked, reason: connection.endedBy };
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      return { looked, reason: this.connection?.endedBy ?? error };
    } finally {
      this.connection?.close();
      this.connection = null;
    }
  }

  private open(server: HostPort): Promise<ZooKeeperConnection> {
    const { auth, clock, dial } = this.options;
    // A server that hangs takes its part of a session's time, as with ZooKeeper's own client.
    const partMs = Math.floor((SESSION_TIMEOUT_MS * 2) / 3 / this.servers.length);
    return ZooKeeperConnection.open(
      {
        server,
        auth,
        clock,
        ...(dial === undefined ? {} : { dial }),
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        openWithinMs: Math.max(OPEN_WITHIN_MS_MIN, partMs),
        lastZxid: this.lastZxid,
        onEvent: () => this.lookAgain(),
        onEnd: () => this.sleep?.wake(),
      },
      this.stopping.signal,
    );
  }

  private tell(reason: OperationError, isRound: boolean): void {
    const { options } = this;
    if (reason.code === ERROR_CODES.ZOOKEEPER_REFUSED) return options.onUnreachable(reason);
    if (!isRound) return;
    const count = this.servers.length;
    if (count === 1) return options.onUnreachable(reason);
    const message = `None of the ${count} ZooKeeper servers can be asked. ${reason.message}`;
    options.onUnreachable(
      new OperationError(reason.code, reason.operation, message, { cause: reason }),
    );
  }

  private async rest(delayMs: number, isForNews: boolean): Promise<void> {
    if (this.stopped) return;
    await new Promise<void>((resolve) => {
      const cancel = this.options.clock.after(delayMs, resolve);
      const wake = () => {
        cancel();
        resolve();
      };
      this.sleep = { isForNews, wake };
    });
    this.sleep = null;
  }
}
