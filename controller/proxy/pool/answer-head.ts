/**
 * Reads the head of an answer, and what stands behind a chunked body (RFC 9112, sections 2 to 7). What two
 * readers might take for different things is an error, as it is to Node's own parser. Pure.
 */

/** With it a server that leads no more, or not yet, tells so. */
export const LEADS = "x-jupyter-cluster-leads";

/** It does not speak HTTP as one has to; nothing more of the connection can be understood. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
}

/** How much of the connection is the answer's body: so many bytes, chunks, or all that comes. */
export type Body =
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" };

export interface AnswerHead {
  readonly status: number;
  readonly phrase: string;
  /** Name, value, …, as they came. */
  readonly rawHeaders: string[];
  /** Of them, by lower-case name, those that the proxy goes by. */
  readonly headers: Telling;
  readonly body: Body;
  /** How long the connection may be kept for another request, in milliseconds; 0: not at all. */
  readonly keepMs: number;
}

interface Telling {
  [name: string]: string;
}

const INFORMATION_MIN = 100;
const SWITCHING = 101;
const FINAL_MIN = 200;
/** They have no body, whatever their headers say. */
const BARE: ReadonlySet<number> = new Set([204, 304]);
const NO_BODY: Body = { kind: "length", bytes: 0 };
const CHUNKED: Body = { kind: "chunked" };
const UNTIL_CLOSE: Body = { kind: "until-close" };

const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: ([^\r\n]*))?$/;
const NOT_IN_NAME = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
/** What the proxy goes by; the others it passes on. */
const TELLING: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "trailer",
  "transfer-encoding",
  LEADS,
]);
const LISTS: ReadonlySet<string> = new Set(["connection", "trailer", "transfer-encoding"]);

/** @param text Latin-1, without the empty line at its end @throws AnswerError */
export function parseHead(text: string): AnswerHead {
  const lineEnd = text.indexOf("\r\n");
  const statusLine = lineEnd < 0 ? text : text.slice(0, lineEnd);
  const match = STATUS_LINE.exec(statusLine);
  if (match === null) throw new AnswerError("no status line");
  const isOld = match[1] === "0";
  const status = Number(match[2]);
  const rawHeaders = lineEnd < 0 ? [] : parseFields(text, lineEnd + 2);
  const headers = telling(rawHeaders);
  const body = bodyOf(status, headers);
  const keepMs = body.kind === "until-close" || !isKept(headers, isOld) ? 0 : keepMsOf(headers);
  return { status, phrase: match[3] ?? "", headers, rawHeaders, body, keepMs };
}

/**
 * @param from where the first line begins; the last has no line end behind it
 * @returns name, value, name, value, …
 * @throws AnswerError
 */
export function parseFields(text: string, from: number): string[] {
  const fields: string[] = [];
  let at = from;
  while (at < text.length) {
    const found = text.indexOf("\r\n", at);
    const end = found < 0 ? text.length : found;
    const colon = text.indexOf(":", at);
    if (colon <= at || colon >= end) throw new AnswerError("a header without a name");
    const name = text.slice(at, colon);
    const value = trimmed(text, colon + 1, end);
    // A line that goes on with the one before, or a space before the colon, has no such name.
    if (NOT_IN_NAME.test(name)) throw new AnswerError("a header's name is none");
    if (NOT_IN_VALUE.test(value)) throw new AnswerError("a header's value is none");
    fields.push(name, value);
    at = end + 2;
  }
  return fields;
}

function trimmed(text: string, from: number, to: number): string {
  let begin = from;
  let end = to;
  while (begin < end && isBlank(text.charCodeAt(begin))) begin += 1;
  while (end > begin && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(begin, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function telling(rawHeaders: readonly string[]): Telling {
  const headers: Telling = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const key = (rawHeaders[i] as string).toLowerCase();
    if (!TELLING.has(key)) continue;
    const value = rawHeaders[i + 1] as string;
    const before = headers[key];
    if (before === undefined) headers[key] = value;
    else if (LISTS.has(key)) headers[key] = `${before}, ${value}`;
    else if (key === "content-length") throw new AnswerError("two lengths");
  }
  return headers;
}

function bodyOf(status: number, headers: Telling): Body {
  const length = headers["content-length"];
  const coding = headers["transfer-encoding"];
  if (status === SWITCHING) throw new AnswerError("a switch of protocols that nobody asked for");
  if (length !== undefined && coding !== undefined) throw new AnswerError("two kinds of length");
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new AnswerError("no length");
  if ((status >= INFORMATION_MIN && status < FINAL_MIN) || BARE.has(status)) return NO_BODY;
  if (coding !== undefined) return /(^|,)[\t ]*chunked$/i.test(coding) ? CHUNKED : UNTIL_CLOSE;
  return length === undefined ? UNTIL_CLOSE : { kind: "length", bytes: Number(length) };
}

function isKept(headers: Telling, isOld: boolean): boolean {
  const { connection } = headers;
  if (connection === undefined) return !isOld;
  const named = connection.split(",").map((name) => name.trim().toLowerCase());
  if (named.includes("close")) return false;
  return !isOld || (named.includes("keep-alive") && headers["transfer-encoding"] === undefined);
}

/** Some say for how long: a little less, and no request crosses the target's closing of the connection. */
function keepMsOf(headers: Telling): number {
  const seconds = /(?:^|[,;\s])timeout=(\d{1,6})/i.exec(headers["keep-alive"] ?? "")?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Math.max(0, Number(seconds) - 1) * 1000;
}
