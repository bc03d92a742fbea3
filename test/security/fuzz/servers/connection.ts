/** Sends what an attack says, and counts the sockets that a server has. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { setImmediate as turn } from "node:timers/promises";
import { inPieces } from "../inputs.ts";
import type { Attack } from "./attacks.ts";

/** How long an attacker waits for an answer before he goes. Milliseconds. */
const PATIENCE_MS = 25;

/** Writes the pieces, and ends as the attack says. */
export async function play(socket: Socket, { bytes, sizes, slow, ending }: Attack): Promise<void> {
  const whole = Buffer.from(bytes, "latin1");
  const pieces = sizes.length === 0 || whole.length > 4_000 ? [whole] : inPieces(whole, sizes);
  for (const piece of pieces) {
    if (socket.destroyed || !socket.writable) return;
    socket.write(piece);
    if (slow) await turn();
  }
  // Within TLS there is no reset: the connection just ends.
  if (ending === "reset" && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
  else if (ending === "reset") socket.destroy();
  else if (ending === "fin") socket.end();
}

/** On a connection of its own, which is closed when this resolves. */
export async function attack(socket: Socket, what: Attack): Promise<void> {
  // What becomes of him is the attacker's affair.
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const answered = once(socket, "data").catch(() => undefined);
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  await play(socket, what);
  await Promise.race([closed, answered]);
  socket.destroy();
  await closed;
}

/** The sockets that servers of this process have accepted and that are not closed yet, by port. */
export class AcceptedSockets {
  private readonly open = new Set<Socket>();
  private readonly take = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    this.open.add(socket);
    socket.once("close", () => this.open.delete(socket));
  };

  constructor() {
    subscribe("net.server.socket", this.take);
  }

  on(port: number): number {
    return [...this.open].filter(({ localPort }) => localPort === port).length;
  }

  /** No more are counted. */
  close(): void {
    unsubscribe("net.server.socket", this.take);
  }
}
