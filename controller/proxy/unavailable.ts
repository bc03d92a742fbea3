/** The answers that the proxy gives by itself, for people and for programs. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";

const RETRY_AFTER_S = 2;

export interface Refusal {
  readonly status: 400 | 403 | 405 | 502 | 503;
  readonly message: string;
}

export const NO_TARGET: Refusal = {
  status: 503,
  message: "No node of the cluster serves Jupyter at the moment. It is being brought back.",
};
export const OVERLOADED: Refusal = {
  status: 503,
  message: "Too many requests are waiting. Try again in a moment.",
};
export const CLOSING: Refusal = { status: 503, message: "The proxy is shutting down." };
export const INTERRUPTED: Refusal = {
  status: 502,
  message:
    "The node was lost while it worked on this request. It may or may not have been carried out.",
};
export const BAD_REQUEST: Refusal = {
  status: 400,
  message: "The request is ambiguous: one Host, and no Transfer-Encoding but chunked, are allowed.",
};
export const FOREIGN_NAME: Refusal = {
  status: 403,
  message:
    "This address does not serve Jupyter under that name. Whoever runs the cluster can add the " +
    "name to spec.proxy.hostNames.",
};
export const NO_TUNNEL: Refusal = {
  status: 405,
  message: "This is Jupyter's own address; it opens no tunnel to another.",
};
export const BAD_ANSWER: Refusal = {
  status: 502,
  message: "What answers at Jupyter's address does not speak HTTP.",
};
export const HANGS_UP: Refusal = {
  status: 502,
  message: "Jupyter accepts this request and hangs up without an answer, time and again.",
};

/**
 * HTML for a browser that shows a page (it reloads by itself), else JSON as Jupyter's own errors.
 */
export function sendRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
): void {
  const { status, message } = refusal;
  const page = request.method === "GET" && (request.headers.accept ?? "").includes("text/html");
  const body = page ? html(refusal) : JSON.stringify({ message, reason: STATUS_CODES[status] });
  response.writeHead(status, {
    "Content-Type": page ? "text/html; charset=utf-8" : "application/json",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "Retry-After": String(RETRY_AFTER_S),
    // The rest of an upload is not waited for.
    ...(request.complete ? {} : { Connection: "close" }),
  });
  response.end(body);
}

function html({ status, message }: Refusal): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="${RETRY_AFTER_S}">
<title>Jupyter is not available</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 36em; margin: 15vh auto; padding: 0 1em; }
</style>
</head>
<body>
<h1>Jupyter is not available</h1>
<p>${message}</p>
<p>This page tries again every ${RETRY_AFTER_S} seconds (HTTP ${status}).</p>
</body>
</html>
`;
}
