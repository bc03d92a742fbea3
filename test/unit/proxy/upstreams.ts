/** Stand-ins for Jupyter: HTTP and WebSocket servers on loopback addresses of their own. */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface FakeJupyter {
  readonly ip: string;
  readonly port: number;
  readonly server: Server;
  readonly sockets: ReadonlySet<Socket>;
  /** Ends like a killed container: connections are cut, and nobody listens any more. */
  readonly kill: () => Promise<void>;
}

export interface FakeJupyterOptions {
  readonly ip?: string;
  readonly port?: number;
  readonly onRequest?: RequestListener;
  readonly onWebSocket?: (socket: WebSocket) => void;
  readonly deflate?: boolean;
}

/** By default each answer is the server's address. */
export async function startJupyter(options: FakeJupyterOptions = {}): Promise<FakeJupyter> {
  const ip = options.ip ?? "127.0.0.1";
  const server = createHttpServer(options.onRequest ?? ((_, response) => response.end(ip)));
  const sockets = track(server);
  const webSockets = new WebSocketServer({
    server,
    perMessageDeflate: options.deflate === true ? { threshold: 0 } : false,
    maxPayload: 256 * 1024 * 1024,
    handleProtocols: (protocols) => protocols.values().next().value ?? false,
  });
  webSockets.on("connection", options.onWebSocket ?? echo);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, ip, resolve));
  return {
    ip,
    port: (server.address() as AddressInfo).port,
    server,
    sockets,
    kill: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** For a stand-in that answers when the request's body has come whole. */
export function withBody(
  respond: (request: IncomingMessage, body: Buffer, response: ServerResponse) => void,
): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => respond(request, Buffer.concat(chunks), response));
  };
}

function echo(socket: WebSocket): void {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
}

function track(server: { on(event: "connection", listener: (socket: Socket) => void): unknown }) {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    // A proxy that hangs up in the middle is no failure of the stand-in.
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

/** A TCP server that does with each connection as told. */
export async function startTcp(onConnection: (socket: Socket) => void, ip = "127.0.0.1") {
  const server = createServer(onConnection);
  const sockets = track(server);
  await new Promise<void>((resolve) => server.listen(0, ip, resolve));
  return {
    ip,
    port: (server.address() as AddressInfo).port,
    sockets,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
