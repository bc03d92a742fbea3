/** One request and its answer, as the handlers see them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { booleanOf } from "./requests.ts";

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
