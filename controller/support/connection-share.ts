/**
 * Whose connections a server keeps when there are more than it can have.
 *
 * A server that refuses the newest is blocked by whoever opens enough of them and says nothing. So
 * the newest is always taken, and one of the others goes: of those that are not being answered
 * before those that are, of the address that has the most, the oldest. Connections that have shown
 * a credential are never cut off for another's sake.
 */
import type { IncomingMessage } from "node:http";
import type { Server, Socket } from "node:net";

interface Held {
  readonly socket: Socket;
  readonly source: string;
  /** Requests that are being answered on it. */
  answering: number;
  trusted: boolean;
}

/** So that it is here that is decided, and not by Node. */
const SLACK = 64;

export class ConnectionShare {
  /** By address and port of the other end, which TLS leaves as they are; the oldest first. */
  private readonly held = new Map<string, Held>();

  constructor(
    server: Server,
    private readonly connectionsMax: number,
  ) {
    server.maxConnections = connectionsMax + SLACK;
    server.on("connection", (socket) => this.take(socket));
  }

  /** The request is being answered until the response has ended. */
  answering(
    request: IncomingMessage,
    response: { once(event: "close", end: () => void): unknown },
  ) {
    const key = keyOf(request.socket);
    const held = this.held.get(key);
    if (held === undefined) return;
    held.answering += 1;
    response.once("close", () => {
      held.answering -= 1;
      // Idle from now on, and the youngest that is.
      if (this.held.delete(key)) this.held.set(key, held);
    });
  }

  /** Whoever sent it has shown a credential: the connection stays for as long as it lasts. */
  trust(request: IncomingMessage): void {
    const held = this.held.get(keyOf(request.socket));
    if (held !== undefined) held.trusted = true;
  }

  private take(socket: Socket): void {
    const key = keyOf(socket);
    // A server may be given the same connection once more, after it was taken from it.
    if (this.held.get(key)?.socket === socket) return;
    this.held.set(key, {
      socket,
      source: socket.remoteAddress ?? "",
      answering: 0,
      trusted: false,
    });
    socket.once("close", () => {
      if (this.held.get(key)?.socket === socket) this.held.delete(key);
    });
    if (this.held.size > this.connectionsMax) this.makeRoom();
  }

  private makeRoom(): void {
    const strangers = [...this.held].filter(([, { trusted }]) => !trusted);
    const idle = strangers.filter(([, { answering }]) => answering === 0);
    const victim = oldestOfMost(idle) ?? oldestOfMost(strangers);
    if (victim === undefined) return;
    const [key, { socket }] = victim;
    this.held.delete(key);
    socket.destroy();
  }
}

function oldestOfMost(held: readonly [string, Held][]): [string, Held] | undefined {
  const counts = new Map<string, number>();
  for (const [, { source }] of held) counts.set(source, (counts.get(source) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return held.find(([, { source }]) => counts.get(source) === most);
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
