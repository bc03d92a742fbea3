/**
 * A page's WebSocket to a kernel. The browser's end stays as it is while servers come and go: when
 * one is lost it is held, joined to the next, and goes on at the next message; only where that
 * cannot be exact it is closed with code 1012 (docs/decisions/0030).
 */
import type { Socket } from "node:net";
import { controlFrame, FrameError, OPCODE } from "../frames.ts";
import { LIMITS } from "../limits.ts";
import { ServerFrames } from "../server-frames.ts";
import type { InFlight, Upstream } from "../upstream.ts";
import { RESTART_FRAME, tuneWebSocket } from "../websocket-link.ts";
import type { JoinOutcome, NotJoined } from "./join-outcome.ts";
import { meansMoved } from "./kernel-channel.ts";
import type { KernelLinkOptions } from "./kernel-link-options.ts";
import { LastMessages, type Received } from "./last-messages.ts";
import { Losses } from "./losses.ts";
import { type Control, MessageReader, type PartOfMessage, type Unit } from "./message-reader.ts";
import { SentMessages } from "./sent-messages.ts";

const { join, lingerMs } = LIMITS;

interface Server {
  readonly socket: Socket;
  readonly upstream: Upstream;
  readonly leave: () => void;
}

export class KernelLink implements InFlight {
  private server: Server | null = null;
  private readonly fromServer: MessageReader;
  private readonly fromClient: MessageReader;
  /** Of a message that is too large to be kept until it is whole. */
  private parts: ServerFrames | null = null;
  private readonly last: LastMessages;
  private readonly sent = new SentMessages();
  private readonly departures = new Set<() => void>();
  private readonly losses = new Losses();
  private leaving = false;
  /** The browser's close frame has passed on to the server. */
  private clientCloses = false;
  private cancelLinger: (() => void) | null = null;
  private ended = false;

  constructor(private readonly options: KernelLinkOptions) {
    const { client, budget, first } = options;
    const { wholeBytesMax } = join;
    this.fromServer = new MessageReader({ masked: false, wholeBytesMax, budget });
    this.fromClient = new MessageReader({ masked: true, wholeBytesMax, budget });
    this.last = new LastMessages(first.protocol, first.kernel);
    tuneWebSocket(client);
    client.on("data", (chunk: Buffer) => this.clientSays(chunk));
    client.on("drain", () => this.server?.socket.resume());
    client.once("end", () => this.clientEnded());
    client.once("close", () => {
      this.clientEnded();
      this.finishWhenClosed();
    });
  }

  get gone(): boolean {
    return this.leaving || this.options.client.destroyed;
  }

  onGone(left: () => void): () => void {
    this.departures.add(left);
    return () => this.departures.delete(left);
  }

  /** What the page has got; null: it is not certain. */
  received(): Received | null {
    const ids = this.last.ids();
    const parent = this.last.parent();
    return ids === null || parent === null ? ids : { ...ids, parent };
  }

  /** Mark of the keeper of the kernel that the page knows; "": nobody said. */
  get kernel(): string {
    return this.last.kernel;
  }

  /** From now on this server is spoken to. */
  attach(socket: Socket, upstream: Upstream, kernel: string): void {
    if (this.last.hear(kernel)) {
      // What the page has said was for the one that is gone: no other one may carry it out.
      if (this.fromClient.halfGiven) {
        socket.destroy();
        return this.takeLeave("half-message");
      }
      this.sent.clear();
      this.tell("another-kernel");
    } else if (this.losses.any) this.tell("joined");
    this.serveBy(socket, upstream);
  }

  private serveBy(socket: Socket, upstream: Upstream): void {
    const server: Server = { socket, upstream, leave: upstream.enter(this) };
    this.server = server;
    tuneWebSocket(socket);
    const current = () => this.server === server;
    socket.on("data", (chunk: Buffer) => current() && this.serverSays(chunk));
    socket.on("drain", () => current() && this.options.client.resume());
    const ended = () => {
      server.leave();
      if (current()) this.serverEnded();
    };
    socket.once("end", ended).once("close", () => {
      ended();
      this.finishWhenClosed();
    });
    socket.cork();
    for (const bytes of this.sent.resend(this.options.clock.now())) socket.write(bytes);
    socket.uncork();
    this.options.client.resume();
  }

  /** The target is lost or deposed. */
  drain(): void {
    this.lose();
  }

  abort(): void {
    this.options.client.destroy();
    this.server?.socket.destroy();
  }

  /**
   * The page is told to connect anew.
   *
   * @param why null: nothing was lost, somebody has ended the connection
   * @param status of the answer to a join
   */
  takeLeave(why: NotJoined | null, status?: number): void {
    if (this.leaving) return;
    this.leaving = true;
    if (why !== null) this.tell(why, status);
    const { client } = this.options;
    if (!this.fromServer.closed) client.write(RESTART_FRAME);
    // The browser's own close frame is read and thrown away; then it hangs up.
    client.end();
    client.resume();
    this.server?.socket.destroySoon();
    this.linger();
  }

  private serverSays(chunk: Buffer): void {
    const { client } = this.options;
    if (this.leaving || client.destroyed) return;
    client.cork();
    try {
      this.passOn(this.fromServer.take(chunk));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.abort();
    } finally {
      client.uncork();
    }
    if (client.writableNeedDrain) this.server?.socket.pause();
  }

  private passOn(units: readonly Unit[]): void {
    const { client } = this.options;
    for (const unit of units) {
      switch (unit.kind) {
        case "message":
          this.last.note(unit.opcode, unit.payload);
          client.write(unit.bytes);
          break;
        case "part":
          this.passPart(unit);
          break;
        case "control":
          if (meansMoved(unit)) return this.serverMoves();
          client.write(unit.bytes);
      }
    }
  }

  private passPart({ opcode, head, bytes, ends }: PartOfMessage): void {
    if (head !== null) this.last.begin(opcode, head);
    this.parts ??= new ServerFrames();
    for (const piece of this.parts.take(bytes)) this.options.client.write(piece);
    if (!ends) return;
    this.last.end();
    this.parts = null;
  }

  private clientSays(chunk: Buffer): void {
    if (this.leaving) return;
    try {
      for (const unit of this.fromClient.take(chunk)) this.send(unit);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      return this.abort();
    }
    const { server, sent, options } = this;
    // Without a server it is answered by us, and may not care to read it: until there is one, it waits.
    const isTooMuch = sent.waitingBytes > join.waitingBytesMax || options.client.writableNeedDrain;
    if (server === null ? isTooMuch : stuffed(server)) options.client.pause();
  }

  private send(unit: Unit): void {
    if (unit.kind === "control") return this.sendControl(unit);
    const { server, sent } = this;
    const whole = unit.kind === "message";
    if (server === null) return sent.toWait(unit.bytes, whole);
    if (whole) sent.toServer(unit.bytes, this.options.clock.now());
    server.socket.write(unit.bytes);
  }

  private sendControl({ opcode, bytes, payload }: Control): void {
    const { server, options } = this;
    if (server !== null) {
      if (opcode === OPCODE.close) this.clientCloses = true;
      server.socket.write(bytes);
    } else if (opcode === OPCODE.ping) {
      options.client.write(controlFrame(OPCODE.pong, payload));
    } else if (opcode === OPCODE.close) {
      options.client.write(controlFrame(OPCODE.close, payload.subarray(0, 2)));
      this.clientEnded();
    }
  }

  private serverMoves(): void {
    const upstream = this.server?.upstream;
    // What it says of itself is no word to the page.
    this.fromServer.reset();
    if (upstream !== undefined) this.options.onLost(upstream);
    this.lose();
  }

  private serverEnded(): void {
    const { server } = this;
    if (this.leaving || server === null) return;
    if (this.fromServer.closed) return this.takeLeave(null);
    this.options.onLost(server.upstream);
    this.lose();
  }

  private lose(): void {
    const { server, options } = this;
    if (server === null || this.leaving) return;
    this.server = null;
    server.leave();
    server.socket.destroy();
    const now = options.clock.now();
    this.losses.note(now);
    const obstacle = this.obstacle();
    if (obstacle !== null) return this.takeLeave(obstacle === "over" ? null : obstacle);
    this.fromServer.reset();
    this.sent.serverLost(now);
    options.client.resume();
    options.rejoin();
  }

  /** Why it cannot be joined to another server; null: it can. `over`: one of its ends has closed it. */
  private obstacle(): NotJoined | "over" | null {
    if (this.fromServer.closed || this.clientCloses) return "over";
    if (this.losses.tooMany) return "too-often";
    // Half a message is with the page, or with the lost server: nobody can complete it.
    if (this.parts !== null || this.fromClient.halfGiven) return "half-message";
    return this.last.ids() === null ? "unknown-message" : null;
  }

  private tell(outcome: JoinOutcome, status?: number): void {
    const tookMs = this.losses.sinceLast(this.options.clock.now());
    this.options.onOutcome(outcome, { tookMs, status });
  }

  private clientEnded(): void {
    if (this.leaving) return;
    this.leaving = true;
    const { client } = this.options;
    this.server?.socket.end();
    this.server?.socket.resume();
    client.end();
    for (const left of this.departures) left();
    this.linger();
  }

  private finishWhenClosed(): void {
    const open = this.server !== null && !this.server.socket.destroyed;
    if (this.ended || open || !this.options.client.destroyed) return;
    this.ended = true;
    this.cancelLinger?.();
    this.fromServer.reset();
    this.fromClient.reset();
    this.options.onClosed();
  }

  private linger(): void {
    this.cancelLinger = this.options.clock.after(lingerMs, () => this.abort());
  }
}

function stuffed({ socket }: Server): boolean {
  return socket.writableNeedDrain;
}
