/**
 * A request to switch protocols on its way through the proxy: the opening of a WebSocket. Asked
 * for any other protocol, a server may ignore the wish and answer (RFC 9110, section 7.8), so that
 * goes through as the plain request that it also is.
 */
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { attempt, type Outcome } from "./attempt.ts";
import type { Exchange } from "./dispatch.ts";
import { requestHeaders, upgradeHeaders } from "./headers.ts";
import { relay } from "./http-exchange.ts";
import { type Refusal, sendRefusal } from "./unavailable.ts";
import type { Upstream } from "./upstream.ts";

export interface WebSocketOpened {
  readonly upstream: Upstream;
  /** Both ends; their heads were put back, so that they are read like any other data. */
  readonly client: Socket;
  readonly server: Socket;
}

export class UpgradeExchange implements Exchange {
  private readonly departures = new Set<() => void>();
  private left = false;

  constructor(
    private readonly request: IncomingMessage,
    private readonly client: Socket,
    head: Buffer,
    private readonly opened: (socket: WebSocketOpened) => void,
  ) {
    if (head.length > 0) client.unshift(head);
    this.watch();
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
    return attempt({
      upstream,
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers: asksForWebSocket(request)
        ? upgradeHeaders(request)
        : requestHeaders(request, { bodyBytes: null, keepAlive: true }),
      repeatable: true,
      onGone: (left) => this.onGone(left),
      send: (outgoing) => outgoing.end(),
      answer: (incoming) => relay(incoming, this.plainResponse(), true),
      switched: (incoming, server, head) => {
        if (head.length > 0) server.unshift(head);
        this.unwatch();
        this.client.write(switchingHead(incoming), "latin1");
        this.opened({ upstream, client: this.client, server });
      },
    });
  }

  refuse(refusal: Refusal): void {
    sendRefusal(this.request, this.plainResponse(), refusal);
  }

  /** For an answer that is no switch of protocols; the connection ends with it. */
  private plainResponse(): ServerResponse {
    const response = new ServerResponse(this.request);
    response.shouldKeepAlive = false;
    response.assignSocket(this.client);
    response.once("finish", () => {
      response.detachSocket(this.client);
      this.client.destroySoon();
    });
    return response;
  }

  /** A paused socket tells nothing: it is read, within its buffer, to see whether it ends. */
  private readonly onReadable = () => this.client.read(0);
  private readonly onLeft = () => {
    if (this.left) return;
    this.left = true;
    this.unwatch();
    this.client.destroy();
    for (const departure of this.departures) departure();
  };

  private watch(): void {
    this.client.on("readable", this.onReadable);
    this.client.once("end", this.onLeft).once("close", this.onLeft);
    // It always closes after an error.
    this.client.on("error", ignore);
  }

  private unwatch(): void {
    this.client.off("readable", this.onReadable);
    this.client.off("end", this.onLeft).off("close", this.onLeft);
  }
}

function ignore(): void {}

/** Node's server has stopped parsing such a request, so a body of it cannot be read any more. */
export function canBeServed(request: IncomingMessage): boolean {
  return request.method === "GET" || request.method === "HEAD" || request.method === "OPTIONS";
}

function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/** Nothing is hop-by-hop about it: both hops switch, and `Sec-WebSocket-Accept` proves it. */
function switchingHead(incoming: IncomingMessage): string {
  const { rawHeaders } = incoming;
  const lines = ["HTTP/1.1 101 Switching Protocols"];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
