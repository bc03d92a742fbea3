/**
 * HTTP and HTTPS on one address. A client that speaks TLS sends a handshake record first, whose first
 * byte (22, RFC 8446 5.1) begins no HTTP request.
 */
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import type { IncomingMessage } from "node:http";
import { hasUnended } from "../support/orphaned-answers.ts";
import { opensWebSocket } from "../support/opens-web-socket.ts";
import { serveAsPlain } from "../support/plain-request.ts";
import { LIMITS } from "./limits.ts";

const TLS_HANDSHAKE = 22;

/** PEM. */
export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
}

/** The opening of a WebSocket; whoever asks for another protocol is served as if he did not. */
type OnWebSocket = (request: IncomingMessage, client: Socket, head: Buffer) => void;

const OPTIONS = {
  headersTimeout: LIMITS.headersMs,
  requestTimeout: LIMITS.requestMs,
  connectionsCheckingInterval: LIMITS.checkMs,
  keepAliveTimeout: LIMITS.keepAliveMs,
  keepAlive: true,
  noDelay: true,
};

export class TlsOrPlainServer {
  /** The one that listens. */
  readonly net: NetServer;
  private readonly plain: Server;
  private readonly secure: Server;

  constructor(tls: TlsFiles, onRequest: RequestListener, onWebSocket: OnWebSocket) {
    this.plain = createHttpServer(OPTIONS, onRequest);
    const handshakeTimeout = LIMITS.headersMs;
    this.secure = createHttpsServer({ ...OPTIONS, ...tls, handshakeTimeout }, onRequest);
    for (const server of [this.plain, this.secure]) {
      const taken = server === this.secure ? "secureConnection" : "connection";
      server.on("upgrade", (request, stream, head) => {
        const client = stream as Socket;
        // Node has given the connection up in the middle of another answer, which cannot go on.
        if (hasUnended(client)) client.destroy();
        else if (opensWebSocket(request)) onWebSocket(request, client, head);
        else serveAsPlain(server, request, client, head, taken);
      });
      // Node keeps the list of a server's connections, and looks at their times, from this event on.
      server.emit("listening");
    }
    this.net = createNetServer({ noDelay: true }, (socket) => this.take(socket));
  }

  /** Answers end in peace within `graceMs`; then what is left is cut. */
  async close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.net.close(() => resolve());
    });
    const servers = [this.plain, this.secure];
    // These two never listened: what is open on them ends, and nothing else comes.
    for (const server of servers) server.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
      for (const socket of this.silent) socket.destroy();
    }, graceMs);
    for (const socket of this.silent) socket.destroy();
    await closed;
    clearTimeout(timer);
    for (const server of servers) server.close();
  }

  /** Connections on which nothing has come yet. */
  private readonly silent = new Set<Socket>();

  private take(socket: Socket): void {
    this.silent.add(socket);
    const forget = () => this.silent.delete(socket);
    socket.once("close", forget);
    socket.setTimeout(LIMITS.headersMs, () => socket.destroy());
    // Whoever takes it over hears of errors; until then nobody does.
    const gone = () => socket.destroy();
    socket.once("error", gone);
    socket.once("data", (first: Buffer) => {
      forget();
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      socket.off("error", gone);
      socket.pause();
      socket.unshift(first);
      const server = first[0] === TLS_HANDSHAKE ? this.secure : this.plain;
      server.emit("connection", socket);
      process.nextTick(() => socket.resume());
    });
  }
}
