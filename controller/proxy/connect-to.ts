/** A connection to a target, with a deadline of its own. */
import { connect, type OnReadOpts, type Socket } from "node:net";
import { expectWithin } from "../support/connect-deadline.ts";
import { LIMITS } from "./limits.ts";

/** @param onread for whoever takes the bytes where they are read; left out: it is a stream like others */
export function connectTo(host: string, port: number, onread?: OnReadOpts): Socket {
  const keepAliveInitialDelay = LIMITS.tcpKeepAliveMs;
  const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay };
  const socket = connect(onread === undefined ? options : { ...options, onread });
  expectWithin(LIMITS.connectMs, socket, "connect", `no connection to ${host}:${port}`);
  return socket;
}
