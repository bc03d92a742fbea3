/** Somebody who opens connections to a server, says nothing, and opens anew whatever is closed. */
import { connect, type Socket } from "node:net";

/** Milliseconds from the end of one to the beginning of the next: also while nobody listens. */
const PAUSE_MS = 50;

export class IdleConnections {
  private readonly sockets = new Set<Socket>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private opened = 0;
  private isClosed = false;

  constructor(
    private readonly host: string,
    private readonly port: number,
    count: number,
  ) {
    for (let i = 0; i < count; i++) this.open();
  }

  /** How many are open now. */
  get held(): number {
    return [...this.sockets].filter((socket) => socket.readyState === "open").length;
  }

  /** How many were open until now, those that are included. */
  get total(): number {
    return this.opened;
  }

  close(): void {
    this.isClosed = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const socket of this.sockets) socket.destroy();
  }

  private open(): void {
    const socket = connect({ host: this.host, port: this.port });
    this.sockets.add(socket);
    socket.once("connect", () => (this.opened += 1));
    // Nobody there, or thrown out: `close` follows.
    socket.on("error", () => undefined);
    // An end from there is only seen by who reads.
    socket.resume();
    socket.once("close", () => {
      this.sockets.delete(socket);
      if (!this.isClosed) this.openLater();
    });
  }

  private openLater(): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.open();
    }, PAUSE_MS);
    this.timers.add(timer);
  }
}
