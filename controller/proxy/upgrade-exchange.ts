/** The opening of a WebSocket on its way through the proxy. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { attempt, type Outcome } from "./attempt.ts";
import type { Exchange } from "./dispatch.ts";
import { upgradeHeaders } from "./headers.ts";
import { relay } from "./http-exchange.ts";
import {
  isKernelChannel,
  type Joinable,
  joinableOf,
  JOINED,
  KERNEL,
} from "./kernels/kernel-channel.ts";
import { lastResponse } from "../support/last-response.ts";
import { LIMITS } from "./limits.ts";
import { type Refusal, sendRefusal } from "./unavailable.ts";
import type { Upstream } from "./upstream.ts";

export interface WebSocketOpened {
  readonly upstream: Upstream;
  /** Both ends; what was read of them was put back, so that it is read like any other data. */
  readonly client: Socket;
  readonly server: Socket;
  /** How the browser asked for it. */
  readonly request: IncomingMessage;
  /** Null: it cannot be joined to another server. */
  readonly joinable: Joinable | null;
}

export class UpgradeExchange implements Exchange {
  private readonly departures = new Set<() => void>();
  /** Frames of a client that did not wait for the answer. */
  private early: Buffer[] = [];
  private left = false;

  constructor(
    private readonly request: IncomingMessage,
    private readonly client: Socket,
    head: Buffer,
    private readonly opened: (socket: WebSocketOpened) => void,
  ) {
    this.watch();
    if (head.length > 0) this.onData(head);
  }

  get gone(): boolean {
    return this.left;
  }

  onGone(left: () => void): () => void {
    this.departures.add(left);
    return () => this.departures.delete(left);
  }

  attempt(upstream: Upstream): Promise<Outcome> {
    const { request } = this;
    const channel = isKernelChannel(request);
    return attempt({
      upstream,
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers: upgradeHeaders(request, !channel),
      resendable: true,
      repeatable: true,
      fresh: true,
      onGone: (left) => this.onGone(left),
      send: (outgoing) => outgoing.end(),
      answer: async (incoming) => {
        await relay(incoming, this.plainResponse(), true);
        // Nobody knows what either side takes the rest of this connection for.
        incoming.socket.destroy();
      },
      switched: (incoming, server, head) => {
        if (head.length > 0) server.unshift(head);
        this.unwatch();
        if (this.early.length > 0) this.client.unshift(Buffer.concat(this.early));
        this.client.write(switchingHead(incoming), "latin1");
        const joinable = channel ? joinableOf(incoming) : null;
        this.opened({ upstream, client: this.client, server, request, joinable });
      },
    });
  }

  refuse(refusal: Refusal): void {
    sendRefusal(this.request, this.plainResponse(), refusal);
  }

  /** For an answer that is no switch of protocols. */
  private plainResponse(): ServerResponse {
    return lastResponse(this.request, this.client);
  }

  /** It is read, for a paused socket does not tell that it ends. */
  private readonly onData = (chunk: Buffer) => {
    this.early.push(chunk);
    const bytes = this.early.reduce((sum, { length }) => sum + length, 0);
    if (bytes > LIMITS.earlyBytesMax) this.onLeft();
  };
  private readonly onLeft = () => {
    if (this.left) return;
    this.left = true;
    this.unwatch();
    this.client.destroy();
    for (const departure of this.departures) departure();
  };

  private watch(): void {
    this.client.on("data", this.onData);
    this.client.once("end", this.onLeft).once("close", this.onLeft);
    // It always closes after an error.
    this.client.on("error", ignore);
  }

  private unwatch(): void {
    this.client.pause();
    this.client.off("data", this.onData).off("end", this.onLeft).off("close", this.onLeft);
  }
}

function ignore(): void {}

/** Nothing else is hop-by-hop about it: both hops switch, and `Sec-WebSocket-Accept` proves it. */
function switchingHead(incoming: IncomingMessage): string {
  const { rawHeaders } = incoming;
  const lines = ["HTTP/1.1 101 Switching Protocols"];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase();
    if (name === JOINED || name === KERNEL) continue;
    lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
