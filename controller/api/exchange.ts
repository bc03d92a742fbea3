/** One request and its answer, as the handlers see them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { LIMITS } from "./limits.ts";
import { StatusError } from "./status-error.ts";

export interface ApiExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Decoded parts of the path that a route names. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export type Handler = (exchange: ApiExchange) => Promise<void> | void;

export interface JsonOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Changes whenever the value does; clients that have it get 304. */
  readonly version?: string;
}

export function sendJson(exchange: ApiExchange, value: unknown, options: JsonOptions = {}): void {
  const { request, response } = exchange;
  const headers: Record<string, string> = { "Cache-Control": "no-cache", ...options.headers };
  if (options.version !== undefined) {
    // Weak: indented or not, it is the same object.
    headers["ETag"] = `W/"${options.version}"`;
    if (isKnown(request.headers["if-none-match"], options.version)) {
      response.writeHead(304, headers).end();
      return;
    }
  }
  const indent = wantsIndent(exchange) ? 2 : 0;
  sendText(exchange, `${JSON.stringify(value, null, indent)}\n`, "application/json", {
    ...options,
    headers,
  });
}

/** What was asked for will be done. */
export function sendAccepted(
  exchange: ApiExchange,
  headers: Readonly<Record<string, string>> = {},
): void {
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 202 };
  sendJson(exchange, status, { status: 202, headers });
}

export function sendText(
  { response }: ApiExchange,
  text: string,
  type: string,
  options: JsonOptions = {},
): void {
  response.writeHead(options.status ?? 200, {
    "Cache-Control": "no-cache",
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(text),
    "X-Content-Type-Options": "nosniff",
    ...options.headers,
  });
  response.end(text);
}

/** An object in the body. @throws StatusError */
export async function readJsonObject(request: IncomingMessage): Promise<Record<string, unknown>> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  // Also keeps out what a foreign web page can post without asking first.
  if (type !== "application/json") {
    throw new StatusError("UnsupportedMediaType", "The body has to be application/json.");
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes <= LIMITS.bodyMax) continue;
    const message = `The body has more than ${LIMITS.bodyMax} bytes.`;
    throw new StatusError("RequestEntityTooLarge", message, { Connection: "close" });
  }
  return parsedObject(Buffer.concat(chunks).toString("utf8"));
}

function parsedObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Not JSON at all: refused like any other text that is no object.
  }
  throw new StatusError("BadRequest", "The body is not a JSON object.");
}

/** @throws StatusError when it is neither true nor false */
export function booleanOf(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null || text === "false" || text === "0") return false;
  // A bare `?verbose` is meant as yes.
  if (text === "" || text === "true" || text === "1") return true;
  throw new StatusError("BadRequest", `${name} is true or false, not ${JSON.stringify(text)}.`);
}

/** @throws StatusError when it is no whole number in the range */
export function wholeNumberOf(
  query: URLSearchParams,
  name: string,
  min: number,
  max: number,
): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  const message = `${name} is a whole number from ${min} to ${max}, not ${JSON.stringify(text)}.`;
  throw new StatusError("BadRequest", message);
}

/** As Kubernetes does: people who look with curl or a browser get lines they can read. */
function wantsIndent({ request, query }: ApiExchange): boolean {
  if (query.has("pretty")) return booleanOf(query, "pretty");
  return /^(curl|Wget|Mozilla)\//.test(request.headers["user-agent"] ?? "");
}

function isKnown(ifNoneMatch: string | undefined, version: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(`"${version}"`);
}
