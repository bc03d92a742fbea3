/**
 * One session with one ZooKeeper server, on one TCP connection: they end together. A session of a
 * client that only reads holds nothing that would be worth taking to another server.
 */
import { connect, type Socket } from "node:net";
import { messageOf, type OperationError } from "../model/errors.ts";
import type { Clock } from "../model/ports.ts";
import type { HostPort } from "../support/host-port.ts";
import { refused, unreachable } from "./errors.ts";
import { JuteReader } from "./jute.ts";
import {
  authRequest,
  closeRequest,
  connectRequest,
  type OPERATIONS,
  pingRequest,
  readConnectResponse,
  readReplyHeader,
  readRequest,
  REPLY,
  type ReplyHeader,
  replyName,
  XID,
} from "./messages.ts";
import { PacketDecoder } from "./packets.ts";

export interface ConnectionOptions {
  readonly server: HostPort;
  readonly auth: { readonly user: string; readonly password: string } | null;
  readonly clock: Clock;
  /** What is asked for; the server has the last word. Milliseconds. */
  readonly sessionTimeoutMs: number;
  /** From the first packet to an open session. Milliseconds. */
  readonly openWithinMs: number;
  readonly lastZxid: bigint;
  /** Something that was read is true no more. */
  onEvent(): void;
  /** Once, after it was open. */
  onEnd(): void;
  /** Reaches the server in another way than by TCP. */
  readonly dial?: Dial;
}

/** What is used of a socket. */
export interface ZooKeeperSocket extends Pick<Socket, "destroy" | "destroySoon"> {
  on(event: "data", listener: (chunk: Buffer) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "close", listener: () => void): unknown;
  write(bytes: Buffer): unknown;
}

/** The connection is under way when it returns; what is written meanwhile follows. */
export type Dial = (server: HostPort) => ZooKeeperSocket;

const dialTcp: Dial = (server) => connect({ ...server, noDelay: true });

/** Whatever a server says, silence is noticed, and nobody is pinged for nothing else. ms. */
const SESSION_TIMEOUT_MS = { min: 300, max: 60_000 };
const REQUESTS_MAX = 16;

interface Waiting {
  readonly xid: number;
  readonly cancel: () => void;
  readonly resolve: (reply: JuteReader | null) => void;
  readonly reject: (error: OperationError) => void;
}

export class ZooKeeperConnection {
  /** The newest state that this server has shown. */
  zxid: bigint;
  private readonly socket: ZooKeeperSocket;
  private readonly decoder = new PacketDecoder();
  private readonly waiting: Waiting[] = [];
  private reason: OperationError | null = null;
  private lastXid = 0;
  /** Null while the session is not there yet. */
  private silenceMaxMs: number | null = null;
  private cancelSilence: () => void;
  private cancelPing: () => void = () => undefined;
  private settle: { resolve(): void; reject(error: OperationError): void } | null = null;

  private constructor(private readonly options: ConnectionOptions) {
    const { server, clock, openWithinMs, lastZxid, sessionTimeoutMs, dial = dialTcp } = options;
    this.zxid = lastZxid;
    this.cancelSilence = clock.after(openWithinMs, () =>
      this.end(unreachable(server, `opens no session within ${openWithinMs} ms`)),
    );
    this.socket = dial(server);
    this.socket.on("data", (chunk: Buffer) => this.received(chunk));
    this.socket.on("error", (error) => {
      this.end(unreachable(server, `does not answer: ${messageOf(error)}`, error));
    });
    this.socket.on("close", () => this.end(unreachable(server, "has closed the connection")));
    this.socket.write(connectRequest({ lastZxid, sessionTimeoutMs }));
  }

  /**
   * @throws OperationError ERR_ZOOKEEPER_UNREACHABLE, ERR_ZOOKEEPER_REFUSED: nothing is left open
   */
  static async open(options: ConnectionOptions, signal: AbortSignal): Promise<ZooKeeperConnection> {
    const connection = new ZooKeeperConnection(options);
    const abandon = () => connection.close();
    signal.addEventListener("abort", abandon, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        connection.settle = { resolve, reject };
        if (signal.aborted) abandon();
      });
      return connection;
    } finally {
      signal.removeEventListener("abort", abandon);
    }
  }

  /** Why it is over; null: it is not. */
  get endedBy(): OperationError | null {
    return this.reason;
  }

  /**
   * Names of a node's children, in no order; null: there is no such node, and no watch is set.
   * @throws OperationError as all that read: ERR_ZOOKEEPER_UNREACHABLE when the connection has
   *   ended, ERR_ZOOKEEPER_REFUSED when we may not read this node
   */
  async children(path: string): Promise<readonly string[] | null> {
    return this.read("getChildren", path, (reply) => reply.texts());
  }

  /** A node's content; null: there is no such node, and no watch is set. */
  async data(path: string): Promise<Buffer | null> {
    return this.read("getData", path, (reply) => reply.buffer());
  }

  /** The watch is set in both cases. */
  async exists(path: string): Promise<boolean> {
    return (await this.read("exists", path, () => true)) ?? false;
  }

  /** Takes leave, so that the session does not outlive the connection. Does not wait. */
  close(): void {
    if (this.reason !== null) return;
    if (this.silenceMaxMs !== null) this.socket.write(closeRequest());
    this.end(unreachable(this.options.server, "is left"), "flush");
  }

  private async read<T>(
    operation: keyof typeof OPERATIONS,
    path: string,
    valueOf: (reply: JuteReader) => T,
  ): Promise<T | null> {
    const reply = await this.ask(operation, path);
    if (reply === null) return null;
    try {
      return valueOf(reply);
    } catch (error) {
      throw this.brokenBy(error);
    }
  }

  /** @returns what follows the reply's header; null: there is no such node */
  private ask(operation: keyof typeof OPERATIONS, path: string): Promise<JuteReader | null> {
    if (this.reason !== null) return Promise.reject(this.reason);
    if (this.waiting.length >= REQUESTS_MAX) throw new Error("too many requests at a time");
    // Positive and 31 bits; what is below zero has a meaning of its own.
    this.lastXid = (this.lastXid % (2 ** 31 - 1)) + 1;
    const xid = this.lastXid;
    const limitMs = this.silenceMaxMs ?? this.options.openWithinMs;
    return new Promise((resolve, reject) => {
      const cancel = this.options.clock.after(limitMs, () =>
        this.end(unreachable(this.options.server, `gives no answer within ${limitMs} ms`)),
      );
      this.waiting.push({ xid, cancel, resolve, reject });
      this.socket.write(readRequest(xid, operation, path));
    });
  }

  private received(chunk: Buffer): void {
    try {
      for (const packet of this.decoder.push(chunk)) {
        if (this.reason !== null) return;
        const reader = new JuteReader(packet);
        if (this.silenceMaxMs === null) this.opened(readConnectResponse(reader));
        else this.replied(readReplyHeader(reader), reader);
      }
    } catch (error) {
      this.brokenBy(error);
    }
  }

  private opened(timeoutMs: number): void {
    const { server, auth } = this.options;
    if (timeoutMs === 0) return this.end(unreachable(server, "has let the session expire"));
    const { min, max } = SESSION_TIMEOUT_MS;
    const boundedMs = Math.min(max, Math.max(min, timeoutMs));
    this.silenceMaxMs = Math.floor((boundedMs * 2) / 3);
    this.heard();
    this.pingEach(Math.floor(boundedMs / 3));
    if (auth === null) this.ready();
    else this.socket.write(authRequest(auth));
  }

  private replied(header: ReplyHeader, rest: JuteReader): void {
    this.heard();
    const { xid, zxid, error } = header;
    if (zxid > this.zxid) this.zxid = zxid;
    if (xid === XID.EVENT) return this.options.onEvent();
    if (xid === XID.PING) return;
    if (xid === XID.AUTH) {
      if (error === REPLY.OK) this.ready();
      else this.end(refused(`does not take the credential (${replyName(error)})`));
      return;
    }
    const first = this.waiting.shift();
    first?.cancel();
    if (first?.xid === xid) this.answer(first, error, rest);
    else {
      const unasked = unreachable(this.options.server, "answers what was not asked");
      this.end(unasked);
      first?.reject(unasked);
    }
  }

  private answer({ resolve, reject }: Waiting, error: number, rest: JuteReader): void {
    if (error === REPLY.OK) return resolve(rest);
    if (error === REPLY.NO_NODE) return resolve(null);
    if (error === REPLY.NO_AUTH) return reject(refused("does not let us read (NoAuth)"));
    const reason = unreachable(this.options.server, `answers with ${replyName(error)}`);
    this.end(reason);
    reject(reason);
  }

  private ready(): void {
    this.settle?.resolve();
    this.settle = null;
  }

  /** Whole packets count only: a server that drips is silent. */
  private heard(): void {
    this.cancelSilence();
    const limitMs = this.silenceMaxMs ?? this.options.openWithinMs;
    this.cancelSilence = this.options.clock.after(limitMs, () =>
      this.end(unreachable(this.options.server, `has been silent for ${limitMs} ms`)),
    );
  }

  private pingEach(intervalMs: number): void {
    this.cancelPing = this.options.clock.after(intervalMs, () => {
      this.socket.write(pingRequest());
      this.pingEach(intervalMs);
    });
  }

  private brokenBy(error: unknown): OperationError {
    const reason = unreachable(
      this.options.server,
      `does not speak ZooKeeper's protocol: ${messageOf(error)}`,
      error,
    );
    this.end(reason);
    return reason;
  }

  private end(reason: OperationError, how: "flush" | "at once" = "at once"): void {
    if (this.reason !== null) return;
    this.reason = reason;
    this.cancelSilence();
    this.cancelPing();
    if (how === "flush") this.socket.destroySoon();
    else this.socket.destroy();
    for (const { cancel, reject } of this.waiting.splice(0)) {
      cancel();
      reject(reason);
    }
    if (this.settle === null) this.options.onEnd();
    else this.settle.reject(reason);
    this.settle = null;
  }
}
