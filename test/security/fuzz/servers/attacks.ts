/** Hostile requests as bytes: valid ones of a server with something wrong in them, and how they are sent. */
import fc from "fast-check";
import { editedText, pieceSizes } from "../inputs.ts";

/** A request that the server would answer. */
export interface Seed {
  readonly method: string;
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** What is sent on one connection. Bytes are the characters of a latin1 text. */
export interface Attack {
  readonly bytes: string;
  /** Of its pieces; none: all at once. */
  readonly sizes: readonly number[];
  /** Each piece on its own, with a turn of the event loop between them. */
  readonly slow: boolean;
  /** After the last piece: waits for an answer, ends its half, or resets. */
  readonly ending: "wait" | "fin" | "reset";
}

const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "CONNECT",
  "get",
  "PRI",
  "G\0T",
  "",
];
const LAST_PARTS = [
  ...[
    "__proto__",
    "constructor",
    "%5f%5fproto%5f%5f",
    "..",
    "%2e%2e/%2e%2e",
    "%00",
    "%",
    "%zz",
    "?",
    "#",
  ],
  ...[
    "*",
    "\\",
    "//",
    "//[",
    "http://[::1",
    "http://evil/",
    "a".repeat(9000),
    "?watch=true&__proto__=1",
    "\xff",
  ],
];
const VERSIONS = [
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/2.0",
  "HTTP/9.9",
  "http/1.1",
  "",
];
const LINES = [
  ...[
    "Host: a\r\nHost: b",
    "Host:",
    "host: LOCALHOST",
    "Host: evil.example",
    "Host: [::1",
    "Host: a@b",
  ],
  ...[
    "Connection: close",
    "connection: keep-alive, Upgrade",
    "Connection: Host, Authorization",
    "Connection: \0",
  ],
  ...[
    "Expect: 100-continue",
    "Expect: nonsense",
    "__proto__: x\r\nconstructor: y",
    "X y: z",
    "no colon",
    " folded: x",
  ],
  ...[
    `X: ${"h".repeat(20_000)}`,
    "A: b\r\n".repeat(300).trimEnd(),
    "Cookie: a=b; __proto__=1",
    "Range: bytes=0-",
  ],
  ...[
    'If-None-Match: ,,"',
    "Mesos-Stream-Id: __proto__",
    "Authorization: Bearer",
    "Authorization: Basic ***",
    "X: \xff\x80",
  ],
  ...[
    "X-Forwarded-For: 127.0.0.1",
    "Accept-Encoding: gzip;q=a",
    "TE: trailers",
    "Trailer: Content-Length",
    "Origin: null",
  ],
];
const UPGRADES = [
  [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ],
  [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 12",
    "Sec-WebSocket-Key: x",
  ],
  [
    "connection: keep-alive, upgrade",
    "upgrade: WebSocket, h2c",
    "Sec-WebSocket-Extensions: permessage-deflate; x=\0",
  ],
  ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
  ["Connection: Upgrade", "Upgrade: foo", "Content-Length: 5"],
  ["Upgrade: websocket"],
  ["Connection: Upgrade"],
];
/** How the body is announced, and what then comes. */
const FRAMINGS: readonly ((body: string) => readonly [string, string])[] = [
  (body) => [`Content-Length: ${body.length}`, body],
  (body) => [`Content-Length: ${body.length + 5}`, body],
  (body) => [`Content-Length: ${Math.max(0, body.length - 1)}`, body],
  (body) => [`Content-Length: ${body.length}\r\nContent-Length: ${body.length}`, body],
  (body) => [`Content-Length: ${body.length}\r\nContent-Length: 0`, body],
  (body) => [`Content-Length: +${body.length}`, body],
  (body) => [`Content-Length: 99999999999999999999`, body],
  (body) => [`Content-Length: -1`, body],
  (body) => [`Transfer-Encoding: chunked`, chunks(body)],
  (body) => [`Transfer-Encoding: chunked\r\nContent-Length: 3`, chunks(body)],
  (body) => [`transfer-encoding: xchunked`, chunks(body)],
  (body) => [`Transfer-Encoding: gzip, chunked`, chunks(body)],
  (body) => [`Transfer-Encoding: chunked`, `ffffffffffffffff\r\n${body}`],
  (body) => [`Transfer-Encoding: chunked`, `5;${"e".repeat(20_000)}\r\n${body}`],
  (body) => [
    `Transfer-Encoding: chunked`,
    chunks(body).replace("0\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n"),
  ],
  (body) => ["X-No-Length: 1", body],
];

function chunks(body: string): string {
  return body === "" ? "0\r\n\r\n" : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

/** Mostly none, else one of these. */
function sometimes<T>(values: readonly T[]): fc.Arbitrary<T | null> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(...values) },
  );
}

/** @param authorization a header line that lets in */
function requestBytes(seeds: readonly Seed[], authorization: string): fc.Arbitrary<string> {
  const wrong = fc.record({
    seed: fc.constantFrom(...seeds),
    method: sometimes(METHODS),
    part: sometimes(LAST_PARTS),
    version: sometimes(VERSIONS),
    lines: fc.array(fc.constantFrom(...LINES), { maxLength: 3 }),
    upgrade: sometimes(UPGRADES),
    framing: fc.constantFrom(...FRAMINGS),
    authorized: fc.oneof(
      { weight: 4, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
  });
  return wrong.map(({ seed, method, part, version, lines, upgrade, framing, authorized }) => {
    const [length, body] =
      seed.body === undefined && upgrade === null ? ["", ""] : framing(seed.body ?? "");
    const path = part === null ? seed.path : `${seed.path.replace(/[^/]*$/, "")}${part}`;
    const headers = [
      "Host: localhost",
      ...(authorized ? [authorization] : []),
      ...(seed.headers ?? []),
      ...lines,
    ];
    const all = [...headers, ...(upgrade ?? []), length].filter((line) => line !== "");
    return `${method ?? seed.method} ${path} ${version ?? "HTTP/1.1"}\r\n${all.join("\r\n")}\r\n\r\n${body}`;
  });
}

const NOISE = [
  "\x16\x03\x01\x02\x00\x01\x00",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\r\n\r\n\r\n",
  "\0",
  "GET /\r\n\r\n",
];

/** One or two requests on a connection, their bytes edited now and then, sent in a way of their own. */
export function attacks(seeds: readonly Seed[], authorization: string): fc.Arbitrary<Attack> {
  const request = requestBytes(seeds, authorization);
  const bytes = fc.oneof(
    { weight: 5, arbitrary: request },
    { weight: 2, arbitrary: fc.tuple(request, request).map(([first, second]) => first + second) },
    { weight: 3, arbitrary: request.chain((text) => editedText(text)).map(asBytes) },
    { weight: 1, arbitrary: editedText(...NOISE).map(asBytes) },
  );
  const ending = fc.constantFrom<Attack["ending"][]>("wait", "wait", "fin", "reset");
  return fc.record({
    bytes,
    sizes: fc.oneof(fc.constant([]), pieceSizes),
    slow: fc.boolean(),
    ending,
  });
}

function asBytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}

const ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const OPENED = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${ACCEPT}\r\n\r\n`;
const ANSWERS = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello HTTP/1.1 200 OK\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.0 200 OK\r\n\r\nuntil the end",
  "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
  `${"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(50)}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  `HTTP/1.1 200 OK\r\nX: ${"h".repeat(300_000)}\r\n\r\n`,
  "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nConnection: Set-Cookie\r\n__proto__: x\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 999 \xff\r\n\r\n",
  "HTTP/1.1 2 \r\n\r\n",
  `${OPENED}\x81\x02hi\x88\x02\x03\xe8`,
  `${OPENED}\x01\x7e\xff\xff${"x".repeat(1000)}`,
  `${OPENED}\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xffx`,
  `${OPENED}\x89\x7e\x01\x00${"x".repeat(256)}`,
  OPENED.replace("s3pPLMB", "wrongXX"),
  "",
  "\x15\x03\x01\x00\x02\x02\x46",
];

/** What a hostile target answers, in the same ways. */
export const hostileAnswers: fc.Arbitrary<Attack> = fc.record({
  bytes: fc.oneof(fc.constantFrom(...ANSWERS), editedText(...ANSWERS)),
  sizes: fc.oneof(fc.constant([]), pieceSizes),
  slow: fc.boolean(),
  ending: fc.constantFrom<Attack["ending"][]>("wait", "fin", "reset"),
});
