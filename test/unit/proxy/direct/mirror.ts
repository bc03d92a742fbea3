/** A server that tells what it was asked, and answers in every form that HTTP has. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";

/** Tornado's, and with it Jupyter's. */
const HEADER_BYTES_MAX = 64 * 1024;

/** What a hop may have of its own; the rest must come as the client sent it. */
const OF_THE_HOP = new Set([
  ...["connection", "keep-alive", "transfer-encoding", "content-length", "expect"],
  ...["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "upgrade"],
  ...["http2-settings"],
]);

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;

const ROUTES: Readonly<Record<string, Answer>> = {
  "/204": (_, response) => response.writeHead(204).end(),
  "/205": (_, response) => response.writeHead(205, { "Content-Length": 0 }).end(),
  "/304": (_, response) => response.writeHead(304, { ETag: '"a"', "Content-Length": 9 }).end(),
  "/299": (_, response) => response.writeHead(299, "Odd, but legal").end("ok"),
  "/999": (_, response) => response.writeHead(999, "").end("ok"),
  "/reason": (_, response) => response.writeHead(200, "quite\tall right").end("ok"),
  "/redirect": (_, response) => response.writeHead(302, { Location: "//x/y?z#a" }).end(),
  "/cookies": (_, response) =>
    response.writeHead(200, ["Set-Cookie", "a=1", "X", "1", "set-cookie", "b=2"]).end("ok"),
  "/headers": (_, response) =>
    response.writeHead(200, ["X-Empty", "", "X-High", "\xe9\xff", "X-Tab", "a\tb"]).end("ok"),
  "/big-header": (_, response) =>
    response.writeHead(200, { "X-Big": "b".repeat(60_000) }).end("ok"),
  "/many-headers": (_, response) => {
    const names = Array.from({ length: 3000 }, (_unused, i) => [`X-${i}`, "v"]);
    response.writeHead(200, names.flat()).end("ok");
  },
  "/chunks": (_, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (const part of ["one", "two", "three"]) response.write(part);
    response.end();
  },
  "/trailers": ({ method, httpVersion }, response) => {
    const may = method !== "HEAD" && httpVersion !== "1.0";
    response.writeHead(200, may ? { Trailer: "X-Sum, X-High" } : {});
    response.write("body");
    response.addTrailers({ "X-Sum": "4", "X-High": "\xe9" });
    response.end();
  },
  "/hints": ({ httpVersion }, response) => {
    if (httpVersion === "1.0") return response.end("ok");
    response.writeEarlyHints({ link: "</style.css>; rel=preload", "x-more": "1" });
    response.writeProcessing();
    response.writeEarlyHints({ link: "</b.js>; rel=preload" });
    response.end("ok");
  },
  "/until-close": ({ method }, { socket }) => {
    socket?.end(`HTTP/1.1 200 OK\r\nX: y\r\n\r\n${method === "HEAD" ? "" : "until it closes"}`);
  },
  "/http-1.0": ({ method }, { socket }) => {
    const body = method === "HEAD" ? "" : "old";
    socket?.end(`HTTP/1.0 200 Old\r\nContent-Length: 3\r\n\r\n${body}`);
  },
  "/range": (_, response) => {
    response.writeHead(206, { "Content-Range": "bytes 0-1/9", "Accept-Ranges": "bytes" }).end("ab");
  },
};

/** @param upgrades whether it knows of any: one that does not ignores every wish for one */
export async function startMirror({ upgrades }: { readonly upgrades: boolean }) {
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, serve);
  server.maxHeadersCount = 0;
  // As Tornado does, which knows of 100-continue alone.
  server.on("checkExpectation", serve);
  if (upgrades) serveWebSockets(server);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    ip: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function serveWebSockets(server: Server): void {
  const webSockets = new WebSocketServer({ server, path: "/ws", perMessageDeflate: false });
  webSockets.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const path = /^(?:http:\/\/[^/]*)?([^?]*)/.exec(request.url ?? "")?.[1] ?? "";
  if (path === "/early") {
    response.writeHead(413, { Connection: "close" }).end("too much");
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString("latin1");
    const answer = Object.hasOwn(ROUTES, path) ? (ROUTES[path] as Answer) : tell;
    answer(request, response, body);
  });
}

function tell(request: IncomingMessage, response: ServerResponse, body: string): void {
  const { method, url, rawHeaders, rawTrailers } = request;
  const headers: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const key = name.toLowerCase();
    // Where it stands and how it is written is the hop's affair (RFC 9110, section 7.2).
    if (key === "host") headers.unshift(`host: ${rawHeaders[i + 1]}`);
    else if (!OF_THE_HOP.has(key)) headers.push(`${name}: ${rawHeaders[i + 1]}`);
  }
  const seen = { method, url, headers, body: brief(body), trailers: rawTrailers };
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(seen));
}

/** A long body is compared by its length and its ends. */
function brief(body: string): string {
  return body.length < 200 ? body : `${body.slice(0, 50)}…${body.length}…${body.slice(-50)}`;
}
