/**
 * Which WebSockets can be joined to another server, and how the servers and this proxy tell each
 * other. The header of the request says what the page has got; the answer's says that the server
 * knows of joins, and whether this is one.
 */
import type { IncomingMessage } from "node:http";
import { OPCODE } from "../frames.ts";
import { SERVICE_RESTART } from "../websocket-link.ts";
import { KERNEL_PROTOCOL, type Received } from "./last-messages.ts";
import type { Control } from "./message-reader.ts";

/** Only a proxy sends it: it is taken out of what comes from a browser. */
export const JOIN = "x-jupyter-cluster-join";
export const JOINED = "x-jupyter-cluster-joined";
/** In answers alone: a mark of the kernel's keeper, which no other keeper has. */
export const KERNEL = "x-jupyter-cluster-kernel";

/** What a server says of a connection that another server can take up. */
export interface Joinable {
  readonly protocol: string;
  /** Of the kernel's keeper; "": the server does not say. */
  readonly kernel: string;
}

/** A server says that it goes, and means no end of the session. */
const GOING_AWAY = 1001;
const CHANNELS_PATH = /\/api\/kernels\/[^/?]+\/channels\?(.*&)?session_id=[^&]/;

/** A page's connection to a kernel, in a session that another server can take up. */
export function isKernelChannel({ url = "" }: IncomingMessage): boolean {
  return CHANNELS_PATH.test(url);
}

/** Null: it cannot be joined to another server. */
export function joinableOf({ headers }: IncomingMessage): Joinable | null {
  if (headers[JOINED] === undefined) return null;
  if (headers["sec-websocket-extensions"] !== undefined) return null;
  const protocol = headers["sec-websocket-protocol"] ?? "";
  if (protocol !== "" && protocol !== KERNEL_PROTOCOL) return null;
  return { protocol, kernel: String(headers[KERNEL] ?? "") };
}

/** The server goes on behind what the page has got, as the page's own server would have; else null. */
export function joinedOf(answer: IncomingMessage, protocol: string): Joinable | null {
  const joined = answer.headers[JOINED] === "true" ? joinableOf(answer) : null;
  return joined?.protocol === protocol ? joined : null;
}

/** A server's close frame that tells of no end: the session goes on at another server. */
export function meansMoved({ opcode, payload }: Control): boolean {
  if (opcode !== OPCODE.close || payload.length < 2) return false;
  const code = payload.readUInt16BE(0);
  return code === GOING_AWAY || code === SERVICE_RESTART;
}

/** @param kernel mark of the kernel's keeper to which the page has spoken; "": nobody said */
export function joinHeader(received: Received, kernel: string): string {
  const told = kernel === "" ? received : { ...received, kernel };
  return Buffer.from(JSON.stringify(told), "utf8").toString("base64url");
}
