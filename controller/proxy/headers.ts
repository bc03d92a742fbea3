/**
 * Which headers pass the proxy, and which it adds (RFC 9110, section 7.6; RFC 7692). They are lists
 * of name, value, name, value, …: as they came, order and repetition kept.
 */
import type { IncomingMessage } from "node:http";

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const FORWARDED = new Set(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"]);

export interface Framing {
  /** Null: as long as the client said, or as long as it goes on. */
  readonly bodyBytes: number | null;
  /** Whether the connection to the target is kept for the next request. */
  readonly keepAlive: boolean;
}

/** `Host` and `Origin` pass as they are: Jupyter compares one with the other. */
export function requestHeaders(request: IncomingMessage, framing: Framing): string[] {
  const { bodyBytes, keepAlive } = framing;
  // The client was told to go on by our own server already.
  const dropped = new Set([...FORWARDED, "expect", "content-length"]);
  const headers = endToEnd(request, dropped);
  if (bodyBytes !== null) headers.push("Content-Length", String(bodyBytes));
  else if (request.headers["transfer-encoding"]) headers.push("Transfer-Encoding", "chunked");
  else if (request.headers["content-length"]) {
    headers.push("Content-Length", request.headers["content-length"]);
  }
  headers.push("Connection", keepAlive ? "keep-alive" : "close", ...forwarded(request));
  return headers;
}

export function upgradeHeaders(request: IncomingMessage): string[] {
  const headers = endToEnd(request, new Set([...FORWARDED, "sec-websocket-extensions"]));
  headers.push("Connection", "Upgrade", "Upgrade", "websocket", ...forwarded(request));
  const offers = deflateOffers(request.headers["sec-websocket-extensions"]);
  if (offers !== "") headers.push("Sec-WebSocket-Extensions", offers);
  return headers;
}

export function responseHeaders(response: IncomingMessage): string[] {
  return endToEnd(response, new Set());
}

/** The only extension whose frames {@link ServerFrames} understands. */
function deflateOffers(header: string | undefined): string {
  const offers = (header ?? "").split(",").map((offer) => offer.trim());
  return offers.filter((offer) => /^permessage-deflate\s*(;|$)/i.test(offer)).join(", ");
}

function endToEnd(message: IncomingMessage, dropped: ReadonlySet<string>): string[] {
  const named = new Set(
    (message.headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()),
  );
  named.delete("host");
  const { rawHeaders } = message;
  const kept: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key) || named.has(key) || dropped.has(key)) continue;
    kept.push(name, rawHeaders[i + 1] as string);
  }
  return kept;
}

/** Another proxy may stand before this one: its word on client, scheme and host is kept. */
function forwarded(request: IncomingMessage): string[] {
  const { headers, socket } = request;
  const chain = [headers["x-forwarded-for"], socket.remoteAddress].filter(Boolean).join(", ");
  const proto = headers["x-forwarded-proto"] ?? "http";
  const host = headers["x-forwarded-host"] ?? headers.host ?? "";
  // Name and value, one after the other.
  return ["X-Forwarded-For", chain].concat(
    ["X-Forwarded-Proto", String(proto)],
    ["X-Forwarded-Host", String(host)],
  );
}
