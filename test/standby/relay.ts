/** The way from one controller to the site's store, which can be cut: packets are swallowed, not refused. */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { HostPort } from "../../controller/support/host-port.ts";

export class Relay {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    readonly address: HostPort,
  ) {}

  /** @param host of this machine, where the controller reaches it */
  static async open(host: string, to: HostPort): Promise<Relay> {
    const server = createServer({ allowHalfOpen: false });
    const port = await new Promise<number>((resolve) => {
      server.listen(0, host, () => resolve((server.address() as { port: number }).port));
    });
    const relay = new Relay(server, { host, port });
    server.on("connection", (client) => relay.join(client, to));
    return relay;
  }

  /** What is open stays open, and nothing passes; what is dialled later gets no answer. */
  cut(): void {
    this.isCut = true;
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  /** As when the network is back after a while: what was open then is not any more. */
  heal(): void {
    this.isCut = false;
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  async close(): Promise<void> {
    this.heal();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket, to: HostPort): void {
    const upstream = connect(to);
    const pair = [client, upstream] as const;
    this.pairs.add(pair);
    for (const [from, other] of [pair, [upstream, client] as const]) {
      from.on("error", () => other.destroy());
      from.on("close", () => {
        other.destroy();
        this.pairs.delete(pair);
      });
      from.on("data", (chunk) => void other.write(chunk));
      if (this.isCut) from.pause();
    }
  }
}
