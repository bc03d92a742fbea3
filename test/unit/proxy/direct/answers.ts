/** Reads the answers of one connection, so that two servers' can be compared. */

export interface RawAnswer {
  readonly status: number;
  readonly reason: string;
  /** Name: value, in order; without what belongs to the hop. */
  readonly headers: readonly string[];
  readonly body: string;
  /** As far as a chunked body has them. */
  readonly trailers: readonly string[];
}

/** Each hop has its own (RFC 9110, section 7.6.1), and a proxy may frame a body in its own way. */
const OF_THE_HOP = new Set([
  ...["connection", "keep-alive", "transfer-encoding", "content-length", "date"],
  ...["retry-after", "proxy-connection"],
]);

/**
 * @param text all that a server sent, one character a byte
 * @param methods of the requests in their order: no body follows on HEAD
 * @returns the answers, 1xx among them, and what is left that is none (a WebSocket's frames)
 */
export function readAnswers(text: string, methods: readonly string[]) {
  const answers: RawAnswer[] = [];
  let rest = text;
  let finals = 0;
  while (rest.includes("\r\n\r\n") && rest.startsWith("HTTP/")) {
    const end = rest.indexOf("\r\n\r\n");
    const [first = "", ...lines] = rest.slice(0, end).split("\r\n");
    const [, code, reason = ""] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/s.exec(first) ?? [];
    const status = Number(code);
    rest = rest.slice(end + 4);
    const bare = status < 200 || status === 204 || status === 304 || methods[finals] === "HEAD";
    const read = bare ? { body: "", trailers: [], rest } : bodyOf(rest, lines);
    rest = read.rest;
    if (status >= 200) finals += 1;
    // A 1xx says nothing in it; each server has its own.
    answers.push({
      status,
      reason: status < 200 ? "" : reason,
      headers: passedOn(lines),
      ...pick(read),
    });
    if (status === 101) break;
  }
  const whole = !answers.some(({ body }) => body.endsWith(CUT));
  return { answers, rest, complete: whole && finals >= methods.length };
}

const CUT = "<cut>";

function pick({ body, trailers }: { body: string; trailers: readonly string[] }) {
  return { body, trailers };
}

function passedOn(lines: readonly string[]): string[] {
  const own = lines.filter((line) => !OF_THE_HOP.has((line.split(":")[0] ?? "").toLowerCase()));
  // Jupyter makes a new one for each answer.
  return own.map((line) => line.replace(/^(Set-Cookie: (_xsrf|username)[^=]*)=.*$/, "$1"));
}

function bodyOf(rest: string, lines: readonly string[]) {
  const value = (name: string) =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.split(":")[1]
      ?.trim();
  if (value("transfer-encoding")?.toLowerCase() === "chunked") return chunks(rest);
  const length = value("content-length");
  if (length === undefined) return { body: rest, trailers: [], rest: "" };
  if (rest.length < Number(length)) return { body: `${rest}${CUT}`, trailers: [], rest: "" };
  return { body: rest.slice(0, Number(length)), trailers: [], rest: rest.slice(Number(length)) };
}

function chunks(text: string) {
  let body = "";
  let rest = text;
  for (;;) {
    const line = rest.indexOf("\r\n");
    const size = Number.parseInt(rest, 16);
    if (line < 0 || Number.isNaN(size)) return { body: `${body}${CUT}`, trailers: [], rest: "" };
    rest = rest.slice(line + 2);
    if (size === 0) break;
    if (rest.length < size) return { body: `${body}${rest}${CUT}`, trailers: [], rest: "" };
    body += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
  const end = rest.startsWith("\r\n") ? 0 : rest.indexOf("\r\n\r\n") + 2;
  const trailers = rest.slice(0, end).split("\r\n").filter(Boolean);
  return { body, trailers, rest: rest.slice(end + 2) };
}
