import type { IncomingMessage } from "node:http";

/** With a body it is a plain request: a WebSocket's opening has none (RFC 6455, section 4.1). */
export function opensWebSocket(request: IncomingMessage): boolean {
  const { method, headers } = request;
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket" && !hasBody(request);
}

export function hasBody(request: IncomingMessage): boolean {
  const { headers } = request;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
