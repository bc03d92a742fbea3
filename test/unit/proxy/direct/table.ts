/** Requests that a server takes directly: through the proxy they must get the same. */

export interface Row {
  /** Bytes, one character each; a list is sent piece by piece. */
  readonly send: string | readonly string[];
  /** Methods of the requests in it, when there are several or it is HEAD. */
  readonly methods?: readonly string[];
  /** Received so far: enough, for a connection that stays open. */
  readonly until?: RegExp;
  /** The server leaves the connection open; the client leaves when it has its answers. */
  readonly open?: true;
  /** The client closes its side when it has sent everything. */
  readonly half?: true;
  /** To a server that ignores every wish for another protocol. */
  readonly ignoring?: true;
}

const CLOSE = "Host: lab.example:8888\r\nConnection: close\r\n";

/** @param lines more headers, each with its line's end */
export function request(line: string, lines = "", body = ""): string {
  return `${line} HTTP/1.1\r\n${CLOSE}${lines}\r\n${body}`;
}

function sized(line: string, body: string, lines = ""): string {
  return request(line, `Content-Length: ${body.length}\r\n${lines}`, body);
}

function chunked(line: string, chunks: string, lines = ""): string {
  return request(line, `Transfer-Encoding: chunked\r\n${lines}`, chunks);
}

const METHODS = [
  ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"],
  ...[
    "PROPFIND",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "SEARCH",
    "PURGE",
    "M-SEARCH",
  ],
];
const BODILESS = new Set(["HEAD", "TRACE"]);
const ANSWERS = [
  ...["204", "205", "304", "299", "999", "reason", "redirect", "cookies", "headers", "big-header"],
  ...["many-headers", "chunks", "trailers", "hints", "until-close", "http-1.0", "range"],
];

const PATHS = {
  "percent-encoded": "/a%20b/%2e%2e/%2F%00?x=%zz&y=a+b%26",
  "two slashes": "//a//b/",
  "dots that stay": "/a/../b/./c",
  parameters: "/a;v=1/b;w=2?x;y",
  "an empty query": "/a?",
  "a question in a query": "/a?b=c?d",
  "brackets and bars": '/a[0]|{b}^`\\"<>',
  "an absolute form": "http://lab.example:8888/a?b=c",
  "a long one": `/${"p".repeat(15_000)}`,
};

const HEADERS = {
  "an empty value": "X-Empty:\r\n",
  "no space behind the colon": "X-Tight:v\r\n",
  "many spaces around a value": "X-Wide: \t  v  \t\r\n",
  "a tab within": "X-Tab: a\tb\r\n",
  "bytes above ASCII": "X-High: \x80\xe9\xff\r\n",
  "odd names": "!#$%&'*+-.^_`|~09: v\r\n",
  "one twice": "X-Twice: a\r\nx-twice: b\r\n",
  "two cookie lines": "Cookie: a=1\r\nCookie: b=2\r\n",
  "a big cookie": `Cookie: _xsrf=${"c".repeat(50_000)}\r\n`,
  "many cookies": `Cookie: ${Array.from({ length: 800 }, (_, i) => `c${i}=${"v".repeat(40)}`).join("; ")}\r\n`,
  "3,000 headers": Array.from({ length: 3000 }, (_, i) => `X-${i}: v\r\n`).join(""),
  credentials: "Authorization: token abc\r\n",
  "an encoding": "Accept-Encoding: gzip, br, zstd;q=0\r\n",
  conditions: 'If-None-Match: W/"a", "b"\r\nIf-Range: "c"\r\nRange: bytes=0-1\r\n',
  "names that objects have": "__proto__: a\r\nconstructor: b\r\nhasOwnProperty: c\r\n",
  "an expectation of nobody's": "Expect: the-unexpected\r\n",
};

const BODIES = {
  "of no bytes": sized("POST /b", ""),
  "of no bytes, with GET": sized("GET /b", ""),
  "without a length, with POST": request("POST /b"),
  "of a few bytes": sized("POST /b", "a=b"),
  "with GET": sized("GET /b", "body"),
  "with DELETE": sized("DELETE /b", "body"),
  "with OPTIONS": sized("OPTIONS /b", "body"),
  "of every byte": sized(
    "PUT /b",
    String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)),
  ),
  "that is kept for a second try": sized("PUT /b", "k".repeat(900_000)),
  "that is not": sized("PUT /b", "k".repeat(1_200_000)),
  "in chunks": chunked("POST /b", "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"),
  "in chunks, with GET": chunked("GET /b", "3\r\nabc\r\n0\r\n\r\n"),
  "in chunks, with DELETE": chunked("DELETE /b", "3\r\nabc\r\n0\r\n\r\n"),
  "in no chunk": chunked("POST /b", "0\r\n\r\n"),
  "in chunks with extensions": chunked("POST /b", '3;a=b;c="d e"\r\nabc\r\n0;last\r\n\r\n'),
  "in chunks with leading zeros": chunked("POST /b", "0003\r\nabc\r\n000\r\n\r\n"),
  "in chunks, named in capitals": request(
    "POST /b",
    "Transfer-Encoding: CHUNKED\r\n",
    "3\r\nabc\r\n0\r\n\r\n",
  ),
  "with trailers": chunked(
    "POST /b",
    "3\r\nabc\r\n0\r\nX-Sum: 3\r\nX-High: \xe9\r\n\r\n",
    "Trailer: X-Sum\r\n",
  ),
  "after 100-continue": sized("POST /b", "body", "Expect: 100-continue\r\n"),
  "after 100-continue, in chunks": chunked(
    "PUT /b",
    "1\r\na\r\n0\r\n\r\n",
    "Expect: 100-Continue\r\n",
  ),
  "that nobody reads": sized("POST /early", "e".repeat(300_000)),
};

const WISHES = {
  "HTTP/2, with a body":
    "Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
  TLS: "Connection: upgrade, close\r\nUpgrade: TLS/1.0\r\n",
  "what there is not": "Connection: close, Upgrade\r\nUpgrade: foo, bar/1\r\n",
};

const OPENING =
  "GET /ws HTTP/1.1\r\nHost: lab.example:8888\r\nConnection: keep-alive, Upgrade\r\n" +
  "Upgrade: WebSocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
const FRAME = "\x81\x82\x00\x00\x00\x00hi";

/** The frame again, or what a server says that has no WebSocket there. */
const ECHO = /\x81.hi$|^HTTP\/1.1 [^1][^]*\r\n\r\n/;

const WEB_SOCKETS: Readonly<Record<string, Row>> = {
  "a WebSocket": {
    send: [`${OPENING}Sec-WebSocket-Version: 13\r\n\r\n`, FRAME],
    until: ECHO,
  },
  "a WebSocket with its first frame in the same piece": {
    send: `${OPENING}Sec-WebSocket-Version: 13\r\n\r\n${FRAME}`,
    until: ECHO,
  },
  "a WebSocket of another version": {
    send: `${OPENING}Sec-WebSocket-Version: 12\r\n\r\n`,
    open: true,
  },
  "a WebSocket without a version": { send: `${OPENING}\r\n`, open: true },
  "a WebSocket where there is none": {
    send: `${OPENING.replace("/ws", "/elsewhere")}Sec-WebSocket-Version: 13\r\n\r\n`,
    open: true,
  },
};

const KEPT = "Host: a\r\n\r\n";

const CONNECTIONS: Readonly<Record<string, Row>> = {
  "two requests on one connection": {
    send: [`GET /1 HTTP/1.1\r\n${KEPT}`, request("GET /2")],
    methods: ["GET", "GET"],
  },
  "three requests at once": {
    send: `GET /1 HTTP/1.1\r\n${KEPT}HEAD /2 HTTP/1.1\r\n${KEPT}${sized("POST /3", "body")}`,
    methods: ["GET", "HEAD", "POST"],
  },
  "a request after empty lines": { send: `\r\n\r\n${request("GET /a")}` },
  "a request in single bytes": { send: request("GET /a").split("") },
  "a body long after its headers": {
    send: [`POST /b HTTP/1.1\r\n${CLOSE}Content-Length: 4\r\n\r\n`, "bo", "dy"],
  },
  "HTTP/1.0": { send: "GET /a HTTP/1.0\r\nHost: a\r\n\r\n" },
  "HTTP/1.0 without a Host": { send: "GET /redirect HTTP/1.0\r\nX-No: host\r\n\r\n" },
  "HTTP/1.0, answered in chunks": { send: "GET /chunks HTTP/1.0\r\nHost: a\r\n\r\n" },
  "HTTP/1.0, answered with trailers": { send: "GET /trailers HTTP/1.0\r\nHost: a\r\n\r\n" },
  "HTTP/1.0, answered with early hints": { send: "GET /hints HTTP/1.0\r\nHost: a\r\n\r\n" },
  "HTTP/1.0 with a body": { send: "POST /b HTTP/1.0\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody" },
  "HTTP/1.0, kept alive": {
    send: [
      "GET /204 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
      "GET /2 HTTP/1.0\r\nHost: a\r\n\r\n",
    ],
    methods: ["GET", "GET"],
  },
  "OPTIONS *": { send: request("OPTIONS *") },
  "an empty Host": { send: "GET /a HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n" },
};

/** A sentence, and what is sent. */
export const SAME: Readonly<Record<string, Row>> = {
  ...keyed(METHODS, (method) => [`method ${method}`, plain(method, "/m?q=1")]),
  ...keyed(METHODS, (method) => {
    const one = BODILESS.has(method) ? request(`${method} /m`) : sized(`${method} /m`, "body");
    return [`method ${method} with a body where it may have one`, { send: one, methods: [method] }];
  }),
  ...keyed(ANSWERS, (path) => [`an answer of the kind ${path}`, plain("GET", `/${path}`)]),
  ...keyed(ANSWERS, (path) => [`HEAD for the kind ${path}`, plain("HEAD", `/${path}`)]),
  ...keyed(Object.entries(PATHS), ([what, path]) => [`a path: ${what}`, plain("GET", path)]),
  ...keyed(Object.entries(HEADERS), ([what, lines]) => [
    `a header: ${what}`,
    { send: request("GET /h", lines) },
  ]),
  ...keyed(Object.entries(BODIES), ([what, send]) => [`a body ${what}`, { send }]),
  ...keyed(Object.entries(WISHES), ([what, lines]) => [
    `a wish for ${what}`,
    {
      send: `POST /w HTTP/1.1\r\nHost: a\r\n${lines}Content-Length: 4\r\n\r\nbody`,
      ignoring: true,
      open: true,
    },
  ]),
  ...WEB_SOCKETS,
  ...CONNECTIONS,
};

/** What Jupyter's own server refuses, or answers out of order, and ours does not. */
export const BEYOND_JUPYTER: ReadonlySet<string> = new Set([
  "a body in chunks with extensions",
  "a body with trailers",
  "a body after 100-continue, in chunks",
  "a request after empty lines",
]);

function plain(method: string, path: string): Row {
  return { send: request(`${method} ${path}`), methods: [method] };
}

function keyed<T>(items: readonly T[], row: (item: T) => readonly [string, Row]) {
  return Object.fromEntries(items.map(row));
}
