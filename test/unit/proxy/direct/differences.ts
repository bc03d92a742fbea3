/** Where the proxy does not answer as a server itself would: each with its reason. */
import { request, type Row } from "./table.ts";

interface Difference extends Row {
  /** What the proxy answers; null: nothing. */
  readonly status: number | null;
  readonly why: string;
}

const FRAMING =
  "two readers may not agree where the request ends: the way to smuggle another one in";
const ILLEGAL = "HTTP has no such bytes there, and the next reader may see something else in them";
const chunkedTo = "Transfer-Encoding: chunked\r\n";

/** Differences on purpose. */
export const OTHERWISE: Readonly<Record<string, Difference>> = {
  "two lengths": {
    send: request("POST /b", "Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"),
    status: 400,
    why: FRAMING,
  },
  "a length and chunks": {
    send: request("POST /b", `Content-Length: 3\r\n${chunkedTo}`, "0\r\n\r\n"),
    status: 400,
    why: FRAMING,
  },
  "a coding besides chunked": {
    send: request("POST /b", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
    status: 400,
    why: FRAMING,
  },
  "a bare line feed": { send: "GET /a HTTP/1.1\nHost: a\n\n", status: 400, why: FRAMING },
  "a folded header": { send: request("GET /a", "X: a\r\n b\r\n"), status: 400, why: FRAMING },
  "two hosts": {
    send: "GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    status: 400,
    why: "two readers may not agree whom it is for",
  },
  "no host": {
    send: "GET /a HTTP/1.1\r\nConnection: close\r\n\r\n",
    status: 400,
    why: "HTTP/1.1 asks for one, and a guard of names must see one",
  },
  "a control character in a header": {
    send: request("GET /a", "X: a\x7fb\r\n"),
    status: 400,
    why: ILLEGAL,
  },
  "bytes above ASCII in a path": { send: request("GET /\xe4"), status: 400, why: ILLEGAL },
  "a space in a path": { send: request("GET /a b"), status: 400, why: ILLEGAL },
  "a method that is registered nowhere": {
    send: request("FOO /a"),
    status: 400,
    why: "Node's parser knows the registered ones alone; Jupyter says 405 to it",
  },
  "a tunnel": {
    send: request("CONNECT a:1"),
    status: 405,
    why: "as Jupyter says, where Node hangs up without a word",
  },
  "headers beyond 64 KiB": {
    send: request("GET /a", `Cookie: ${"c".repeat(70_000)}\r\n`),
    status: 431,
    why: "Tornado's own limit; it hangs up without a word",
  },
  "a client that closes its side behind its request": {
    send: request("GET /chunks"),
    half: true,
    status: null,
    why: "it has gone: nobody is to work for those who have left, nor hold a socket for them",
  },
};
