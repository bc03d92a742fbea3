/**
 * Which headers pass the proxy, and which it adds (RFC 9110, section 7.6; RFC 7692). They are lists
 * of name, value, name, value, …: as they came, order and repetition kept.
 */
import type { IncomingMessage } from "node:http";
import { JOIN } from "./kernels/kernel-channel.ts";

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
/** They say how a message is to be read (RFC 9110, section 6.5.1). */
const NEVER_BEHIND = new Set(["content-length", "host", "set-cookie", "cookie", "authorization"]);
const CHUNKED = ["Transfer-Encoding", "chunked"] as const;
const NO_LENGTH: ReadonlySet<string> = new Set(["content-length"]);
const NONE: ReadonlySet<string> = new Set();
/** Ours to say, whoever asks. */
const FORWARDED = new Set(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", JOIN]);

const OURS: ReadonlySet<string> = new Set([...FORWARDED, "content-length"]);
const OURS_AND_EXPECT: ReadonlySet<string> = new Set([...OURS, "expect"]);
const UPGRADES: ReadonlySet<string> = new Set([...FORWARDED, "sec-websocket-extensions"]);
/** A request, an answer, or a 1xx before it. */
export type Headed = Pick<IncomingMessage, "headers" | "rawHeaders">;

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
  const expects = request.headers.expect?.toLowerCase() === "100-continue";
  const headers = endToEnd(request, expects ? OURS_AND_EXPECT : OURS);
  if (request.headers.host === undefined) headers.push("Host", addressed(request));
  if (bodyBytes !== null) headers.push("Content-Length", String(bodyBytes));
  else if (request.headers["transfer-encoding"]) headers.push(...CHUNKED, ...trailer(request));
  else if (request.headers["content-length"]) {
    headers.push("Content-Length", request.headers["content-length"]);
  }
  headers.push("Connection", keepAlive ? "keep-alive" : "close", ...forwarded(request));
  return headers;
}

/** @param compresses false: whoever opens it may have to join it to another server */
export function upgradeHeaders(request: IncomingMessage, compresses: boolean): string[] {
  const headers = endToEnd(request, UPGRADES);
  headers.push("Connection", "Upgrade", "Upgrade", "websocket", ...forwarded(request));
  const offers = compresses ? deflateOffers(request.headers["sec-websocket-extensions"]) : "";
  if (offers !== "") headers.push("Sec-WebSocket-Extensions", offers);
  return headers;
}

/** @param chunked whether the answer is passed on in chunks: nothing else has trailers */
export function responseHeaders(response: Headed, chunked: boolean): string[] {
  const headers = endToEnd(response, NONE);
  return chunked ? headers.concat(trailer(response)) : headers;
}

/** Of a 1xx: it has no body, whatever it says. */
export function informationHeaders(information: Headed): string[] {
  return endToEnd(information, NO_LENGTH);
}

/** The fields behind a chunked body, in pairs; without those that may not stand there. */
export function trailers({
  rawTrailers,
}: {
  readonly rawTrailers: readonly string[];
}): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < rawTrailers.length; i += 2) {
    const name = rawTrailers[i] as string;
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key) || NEVER_BEHIND.has(key)) continue;
    pairs.push([name, rawTrailers[i + 1] as string]);
  }
  return pairs;
}

/** Names the trailers that are to come. It is no trailer's condition (RFC 9110, section 6.6.2). */
function trailer({ headers }: Headed): string[] {
  return headers.trailer === undefined ? [] : ["Trailer", headers.trailer];
}

/** HTTP/1.0 has no Host; whoever speaks 1.1 must name one (RFC 9112, section 3.2). */
function addressed({ socket }: IncomingMessage): string {
  const { localAddress = "localhost", localPort } = socket;
  return `${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
}

/** The only extension whose frames {@link ServerFrames} understands. */
function deflateOffers(header: string | undefined): string {
  const offers = (header ?? "").split(",").map((offer) => offer.trim());
  return offers.filter((offer) => /^permessage-deflate\s*(;|$)/i.test(offer)).join(", ");
}

function endToEnd(message: Headed, dropped: ReadonlySet<string>): string[] {
  const named = namedIn(message.headers.connection);
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

/** What a Connection header makes hop-by-hop, besides what always is. */
function namedIn(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || /^(keep-alive|close|upgrade)$/i.test(connection)) return NONE;
  const named = new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
  named.delete("host");
  return named;
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
