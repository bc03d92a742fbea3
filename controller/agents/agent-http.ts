/** HTTP connections to agents: a connect deadline of our own, the bearer token, nothing shared. */
import { connect, type Socket } from "node:net";
import type { Readable } from "node:stream";
import { Client } from "undici";
import { AGENT_PORT } from "../model/agent-api.ts";
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";
import type { AgentConnection, AgentDeadlines } from "./connection.ts";

/** A killed container's address swallows packets; a living one answers within a millisecond. */
export const CONNECT_MS_MAX = 300;

/** One connection, for one request or stream. Whoever makes it destroys it. */
export function agentClient(ip: string, deadlines: AgentDeadlines): Client {
  return new Client(`http://${ip}:${AGENT_PORT}`, {
    connect: connectWithin(CONNECT_MS_MAX),
    headersTimeout: deadlines.headersMs,
    bodyTimeout: deadlines.bodyMs,
    pipelining: 1,
  });
}

export function connectAgent(ip: string, deadlines: AgentDeadlines): AgentConnection {
  const client = agentClient(ip, deadlines);
  return {
    // undici sends whatever can be iterated over; its types know only of streams.
    request: ({ body, ...request }) =>
      client.request({ ...request, body: (body ?? null) as string | Readable | null }),
    destroy: (reason) => client.destroy(reason ?? null),
  };
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
  body: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
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
