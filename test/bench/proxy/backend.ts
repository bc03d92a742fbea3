/**
 * What stands behind every proxy, as a process: `node backend.js PORT`. It answers 1 KiB, or a large body
 * at its own path, and says every WebSocket message back.
 */
import { createServer, type ServerResponse } from "node:http";
import { WebSocketServer } from "ws";
import { LARGE_BYTES, LARGE_PATH, SMALL_BYTES } from "./what.ts";

const SMALL = Buffer.alloc(SMALL_BYTES, "x");
const PIECE = Buffer.alloc(64 * 1024, "y");

const server = createServer((request, response) => {
  if (request.url === LARGE_PATH) return sendLarge(response);
  response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": SMALL.length });
  return response.end(SMALL);
});
server.keepAliveTimeout = 600_000;
const webSockets = new WebSocketServer({ server, perMessageDeflate: false });
webSockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.listen(Number(process.argv[2]), "127.0.0.1");

function sendLarge(response: ServerResponse): void {
  response.writeHead(200, { "Content-Length": LARGE_BYTES });
  let left = LARGE_BYTES;
  const send = () => {
    while (left > 0 && !response.destroyed) {
      left -= PIECE.length;
      if (!response.write(PIECE)) return;
    }
    response.end();
  };
  response.on("drain", send);
  send();
}
