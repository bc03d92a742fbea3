/** What a target may answer, and what is no answer. */

/** Lines end as HTTP's do; a body stands behind the empty one. */
const raw = (...lines: string[]) => lines.join("\r\n");

/** What is to be said, and whether the connection is kept. */
export const ANSWERS: Readonly<Record<string, readonly [string, boolean]>> = {
  "a length": [raw("HTTP/1.1 200 OK", "Content-Length: 5", "", "hello"), true],
  "no body at all": [raw("HTTP/1.1 404 Not Found", "content-length: 0", "", ""), true],
  "no header at all": [raw("HTTP/1.1 200 OK", "", "till the end"), false],
  "no phrase": [raw("HTTP/1.1 299", "Content-Length: 1", "", "x"), true],
  "an empty phrase": [raw("HTTP/1.1 299 ", "Content-Length: 1", "", "x"), true],
  "a phrase and a value above ASCII": [
    raw("HTTP/1.1 200 gr\xfc\xdf", "A: \xe4", "Content-Length: 0", "", ""),
    true,
  ],
  "values with blanks around and within": [
    raw("HTTP/1.1 200 OK", "A: \t b \t c\t ", "B:", "C:d", "Content-Length: 0", "", ""),
    true,
  ],
  "the same name again": [
    raw("HTTP/1.1 200 OK", "Set-Cookie: a", "set-cookie: b", "Content-Length: 0", "", ""),
    true,
  ],
  "it does not keep the connection": [
    raw("HTTP/1.1 200 OK", "Connection: x, Close", "Content-Length: 1", "", "x"),
    false,
  ],
  "it is HTTP/1.0": [raw("HTTP/1.0 200 OK", "Content-Length: 1", "", "x"), false],
  "it is HTTP/1.0 and keeps the connection": [
    raw("HTTP/1.0 200 OK", "Connection: keep-alive", "Content-Length: 1", "", "x"),
    true,
  ],
  "it says for how long": [
    raw("HTTP/1.1 200 OK", "Keep-Alive: max=5, timeout=5", "Content-Length: 1", "", "x"),
    true,
  ],
  chunks: [
    raw(
      "HTTP/1.1 200 OK",
      "Transfer-Encoding: chunked",
      "",
      "5",
      "hello",
      "a;b=c",
      " the world",
      "0",
      "",
      "",
    ),
    true,
  ],
  "a coding of which chunks are no part of their own": [
    raw("HTTP/1.1 200 OK", "Transfer-Encoding: gzip chunked", "", "till the end"),
    false,
  ],
  "chunks, upper case, zeros": [
    raw("HTTP/1.1 200 OK", "transfer-encoding: Chunked", "", "00A", "0123456789", "000", "", ""),
    true,
  ],
  "chunks and trailers": [
    raw(
      "HTTP/1.1 200 OK",
      "Trailer: A",
      "Transfer-Encoding: chunked",
      "",
      "1",
      "x",
      "0",
      "A: b",
      "C: d",
      "",
      "",
    ),
    true,
  ],
  "chunks of another coding": [
    raw(
      "HTTP/1.1 200 OK",
      "Transfer-Encoding: gzip",
      "Transfer-Encoding: chunked",
      "",
      "1",
      "x",
      "0",
      "",
      "",
    ),
    true,
  ],
  "another coding till the end": [
    raw("HTTP/1.1 200 OK", "Transfer-Encoding: gzip", "", "1", "x"),
    false,
  ],
  "a 204, whatever its headers say": [
    raw("HTTP/1.1 204 No Content", "Content-Type: x", "", ""),
    true,
  ],
  "a 304 with the length of what it stands for": [
    raw("HTTP/1.1 304 Not Modified", "Content-Length: 99", "", ""),
    true,
  ],
  "hints before it": [
    raw(
      "HTTP/1.1 100 Continue",
      "",
      "HTTP/1.1 103 Early Hints",
      "Link: </a>",
      "",
      "HTTP/1.1 102 Processing",
      "",
      "HTTP/1.1 200 OK",
      "Content-Length: 1",
      "",
      "x",
    ),
    true,
  ],
};

export const REFUSED: Readonly<Record<string, string>> = {
  "another protocol": raw("SSH-2.0-OpenSSH_10.0", ""),
  "no status": raw("HTTP/1.1 OK", "Content-Length: 0", "", ""),
  "a status of two digits": raw("HTTP/1.1 20 OK", "Content-Length: 0", "", ""),
  "a header without a name": raw("HTTP/1.1 200 OK", ": a", "Content-Length: 0", "", ""),
  "a header without a colon": raw("HTTP/1.1 200 OK", "a", "Content-Length: 0", "", ""),
  "a blank before the colon": raw("HTTP/1.1 200 OK", "Content-Length : 0", "", ""),
  "a control character in a value": raw("HTTP/1.1 200 OK", "A: \x01", "Content-Length: 0", "", ""),
  "a line that ends with CR alone": raw(
    "HTTP/1.1 200 OK",
    "A: b\rC: d",
    "Content-Length: 0",
    "",
    "",
  ),
  "two lengths": raw("HTTP/1.1 200 OK", "Content-Length: 1", "Content-Length: 2", "", "xy"),
  "the same length twice": raw(
    "HTTP/1.1 200 OK",
    "Content-Length: 1",
    "Content-Length: 1",
    "",
    "x",
  ),
  "a list of lengths": raw("HTTP/1.1 200 OK", "Content-Length: 1, 1", "", "x"),
  "a length with a sign": raw("HTTP/1.1 200 OK", "Content-Length: +1", "", "x"),
  "a length and chunks": raw(
    "HTTP/1.1 200 OK",
    "Content-Length: 1",
    "Transfer-Encoding: chunked",
    "",
    "0",
    "",
    "",
  ),
  "chunks and a length": raw(
    "HTTP/1.1 200 OK",
    "Transfer-Encoding: chunked",
    "Content-Length: 1",
    "",
    "0",
    "",
    "",
  ),
  "a chunk without a length": raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "x", "", ""),
  "a chunk that is longer": raw(
    "HTTP/1.1 200 OK",
    "Transfer-Encoding: chunked",
    "",
    "1",
    "xy",
    "0",
    "",
    "",
  ),
  "a body that breaks off": raw("HTTP/1.1 200 OK", "Content-Length: 2", "", "x"),
  "chunks that break off": raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "1", "x", ""),
  "a head that breaks off": raw("HTTP/1.1 200 OK", "Content-Length: 2"),
};
