/**
 * A request that asks for another protocol than WebSocket, or for WebSocket with a body, is served
 * as the plain request that it also is: a server may ignore the wish (RFC 9110, section 7.8).
 * Node's server has stopped parsing at its headers; the connection is given back to it, with the
 * wish taken out, so that body, keep-alive and the client's end are seen as those of any other
 * request.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

/**
 * @param client of which no answer is under way
 * @param head what was read behind the headers: the body's beginning, or the next request
 * @param event with which the server takes connections: `secureConnection` within TLS
 */
export function serveAsPlain(
  server: Server,
  request: IncomingMessage,
  client: Socket,
  head: Buffer,
  event: "connection" | "secureConnection" = "connection",
): void {
  client.unshift(Buffer.concat([Buffer.from(headOf(request), "latin1"), head]));
  server.emit(event, client);
}

function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    const key = name.toLowerCase();
    if (key === "upgrade") continue;
    lines.push(`${name}: ${key === "connection" ? withoutUpgrade(value) : value}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function withoutUpgrade(connection: string): string {
  const named = connection.split(",").map((name) => name.trim());
  return named.filter((name) => name.toLowerCase() !== "upgrade").join(", ");
}
