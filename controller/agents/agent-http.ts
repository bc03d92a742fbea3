/** HTTP connections to agents: a connect deadline of our own, the bearer token, nothing shared. */
import { connect, type Socket } from "node:net";
import { Client, type Dispatcher } from "undici";
import { AGENT_PORT } from "../model/agent-api.ts";
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";

/** A killed container's address swallows packets; a living one answers within a millisecond. */
export const CONNECT_MS_MAX = 300;

export interface AgentAddress {
  readonly ip: string;
  /** Bearer token of the cluster's agents. */
  readonly token: string;
}

/** One connection, for one request or stream. Whoever makes it destroys it. */
export function agentClient(ip: string, deadlines: { bodyMs: number; headersMs: number }): Client {
  return new Client(`http://${ip}:${AGENT_PORT}`, {
    connect: connectWithin(CONNECT_MS_MAX),
    headersTimeout: deadlines.headersMs,
    bodyTimeout: deadlines.bodyMs,
    pipelining: 1,
  });
}

export function authorization(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

export function unreachable(operation: string, ip: string, cause: unknown): OperationError {
  const message = `the agent at ${ip} does not answer: ${messageOf(cause)}`;
  return new OperationError(ERROR_CODES.AGENT_UNREACHABLE, operation, message, { cause });
}

/** The text of an answer, cut at a limit: an error message is never long. */
export async function shortText(
  body: Dispatcher.ResponseData["body"],
  bytesMax: number,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > bytesMax) break;
  }
  return Buffer.concat(chunks).toString("utf8", 0, bytesMax);
}

type Connector = (
  options: { hostname: string; port: string },
  callback: (...result: [null, Socket] | [Error, null]) => void,
) => void;

/** undici measures its own connect timeout in ticks of half a second. */
function connectWithin(deadlineMs: number): Connector {
  return ({ hostname, port }, callback) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no connection within ${deadlineMs} ms`));
    }, deadlineMs);
    const onError = (error: Error) => {
      clearTimeout(timer);
      callback(error, null);
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", onError);
      callback(null, socket);
    });
  };
}
