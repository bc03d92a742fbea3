/**
 * Which WebSockets can be joined to another server, and how the servers and this proxy tell each
 * other. The header of the request says what the page has got; the answer's says that the server
 * knows of joins, and whether this is one.
 */
import type { IncomingMessage } from "node:http";
import { KERNEL_PROTOCOL, type MessageIds } from "./last-messages.ts";

/** Only a proxy sends it: it is taken out of what comes from a browser. */
export const JOIN = "x-jupyter-cluster-join";
export const JOINED = "x-jupyter-cluster-joined";

const CHANNELS_PATH = /\/api\/kernels\/[^/?]+\/channels\?(.*&)?session_id=[^&]/;

/** A page's connection to a kernel, in a session that another server can take up. */
export function isKernelChannel({ url = "" }: IncomingMessage): boolean {
  return CHANNELS_PATH.test(url);
}

/** The protocol spoken; null: it cannot be joined to another server. */
export function joinableProtocol({ headers }: IncomingMessage): string | null {
  if (headers[JOINED] === undefined) return null;
  if (headers["sec-websocket-extensions"] !== undefined) return null;
  const protocol = headers["sec-websocket-protocol"] ?? "";
  return protocol === "" || protocol === KERNEL_PROTOCOL ? protocol : null;
}

/** The server goes on behind what the page has got, as the page's own server would have. */
export function isJoined(answer: IncomingMessage, protocol: string): boolean {
  return answer.headers[JOINED] === "true" && joinableProtocol(answer) === protocol;
}

export function joinHeader(ids: MessageIds): string {
  return Buffer.from(JSON.stringify(ids), "utf8").toString("base64url");
}
