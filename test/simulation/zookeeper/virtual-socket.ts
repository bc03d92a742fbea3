/** A client's connection to a simulated ZooKeeper server, as production's client uses a socket. */
import type { Dial, ZooKeeperSocket } from "../../../controller/zookeeper/connection.ts";
import type { Endpoint } from "../wire/endpoint.ts";
import type { ClientBytes } from "./server.ts";

/** @param owner names streams, once in all the time */
export function dialServers(endpoint: Endpoint, owner: string): Dial {
  let dialled = 0;
  return ({ host }) => {
    dialled += 1;
    return new VirtualSocket(endpoint, host, `${owner}/zookeeper/${dialled}`);
  };
}

class VirtualSocket implements ZooKeeperSocket {
  private onData: (chunk: Buffer) => void = () => undefined;
  private onClose: () => void = () => undefined;
  private opens = true;
  private over = false;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly server: string,
    private readonly stream: string,
  ) {
    endpoint.read(stream, server, {
      part: (bytes) => this.onData(bytes as Buffer),
      broken: () => {
        this.over = true;
        this.onClose();
      },
    });
  }

  on(event: "data" | "error" | "close", listener: (value: never) => void): void {
    if (event === "data") this.onData = listener as (chunk: Buffer) => void;
    if (event === "close") this.onClose = listener as () => void;
  }

  write(bytes: Buffer): void {
    if (this.over) return;
    const sent: ClientBytes = { stream: this.stream, opens: this.opens, bytes };
    this.opens = false;
    this.endpoint.tell(this.server, "zookeeper", sent);
  }

  destroy(): never {
    this.destroySoon();
    return this as never;
  }

  destroySoon(): void {
    if (this.over) return;
    this.over = true;
    this.endpoint.close(this.stream);
  }
}
