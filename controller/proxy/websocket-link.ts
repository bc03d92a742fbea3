/**
 * Joins the two ends of an open WebSocket, and takes leave of the client when the target is lost.
 */
import type { Socket } from "node:net";
import type { Clock } from "../model/ports.ts";
import { LIMITS } from "./limits.ts";
import { closeFrame, FrameError } from "./frames.ts";
import { ServerFrames } from "./server-frames.ts";
import type { InFlight } from "./upstream.ts";

/** RFC 6455's registry: the service restarts; come back, after a random delay if many do. */
export const SERVICE_RESTART = 1012;
export const RESTART_FRAME = closeFrame(SERVICE_RESTART, "the notebook server has moved");

export interface WebSocketLinkOptions {
  readonly client: Socket;
  readonly server: Socket;
  readonly clock: Clock;
  /** The target hung up without a close frame. */
  onLost(): void;
  /** Both ends are closed. */
  onClosed(): void;
}

export class WebSocketLink implements InFlight {
  private readonly frames = new ServerFrames();
  private leaving = false;
  private open = 2;
  private cancelLinger: (() => void) | null = null;

  constructor(private readonly options: WebSocketLinkOptions) {
    const { client, server } = options;
    for (const socket of [client, server]) {
      tuneWebSocket(socket);
      socket.once("close", () => this.closed());
    }
    server.on("data", (chunk: Buffer) => this.forward(chunk));
    client.on("drain", () => server.resume());
    server.once("end", () => this.serverEnded()).once("close", () => this.serverEnded());
    client.once("end", () => this.clientEnded()).once("close", () => this.clientEnded());
    client.pipe(server, { end: false });
  }

  /** The target is lost or deposed: the page shall reconnect, to whoever serves then. */
  drain(): void {
    this.takeLeave();
    this.options.server.destroy();
  }

  abort(): void {
    this.options.client.destroy();
    this.options.server.destroy();
  }

  private forward(chunk: Buffer): void {
    const { client, server } = this.options;
    if (this.leaving || client.destroyed) return;
    try {
      client.cork();
      for (const piece of this.frames.take(chunk)) client.write(piece);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.abort();
    } finally {
      client.uncork();
    }
    if (client.writableNeedDrain) server.pause();
  }

  private serverEnded(): void {
    if (this.leaving) return;
    if (!this.frames.closed) this.options.onLost();
    this.takeLeave();
    this.options.server.destroySoon();
  }

  private clientEnded(): void {
    if (this.leaving) return;
    this.leaving = true;
    const { client, server } = this.options;
    server.end();
    server.resume();
    client.end();
    this.linger();
  }

  private takeLeave(): void {
    if (this.leaving) return;
    this.leaving = true;
    const { client, server } = this.options;
    client.unpipe(server);
    if (!this.frames.closed) client.write(RESTART_FRAME);
    // The browser's own close frame is read and thrown away; then it hangs up.
    client.end();
    client.resume();
    this.linger();
  }

  private linger(): void {
    this.cancelLinger = this.options.clock.after(LIMITS.lingerMs, () => this.abort());
  }

  private closed(): void {
    this.open -= 1;
    if (this.open > 0) return;
    this.cancelLinger?.();
    this.options.onClosed();
  }
}

export function tuneWebSocket(socket: Socket): void {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, LIMITS.tcpKeepAliveMs);
  // Not every WebSocket is pinged, and neither Jupyter nor a browser ends a silent one.
  socket.setTimeout(0);
  // It always closes after an error.
  socket.on("error", () => {});
}
