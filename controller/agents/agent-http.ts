/** HTTP connections to agents: a connect deadline of our own, the bearer token, nothing shared. */
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { Readable } from "node:stream";
import { connect as connectTls } from "node:tls";
import { Client } from "undici";
import { AGENT_PORT } from "../model/agent-api.ts";
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";
import { AGENT_TLS, AGENT_TLS_IDENTITY, agentTlsKey } from "../support/agent-tls.ts";
import { expectWithin } from "../support/connect-deadline.ts";
import type { AgentConnection, AgentDeadlines, AgentTarget } from "./connection.ts";

/** A killed container's address swallows packets; a living one answers within a millisecond. */
export const CONNECT_MS_MAX = 300;
/** From there on the agent itself has to act, and may have to wait for a processor. */
const HANDSHAKE_MS_MAX = 1_500;

/** One connection, for one request or stream. Whoever makes it destroys it. */
export function agentClient(
  target: AgentTarget,
  deadlines: AgentDeadlines,
  connectMs = CONNECT_MS_MAX,
): Client {
  // What it is dialled by says whether there is TLS below.
  return new Client(`http://${target.ip}:${AGENT_PORT}`, {
    connect: connectWithin(connectMs, target),
    headersTimeout: deadlines.headersMs,
    bodyTimeout: deadlines.bodyMs,
    pipelining: 1,
  });
}

export function connectAgent(target: AgentTarget, deadlines: AgentDeadlines): AgentConnection {
  const client = agentClient(target, deadlines);
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
function connectWithin(deadlineMs: number, target: AgentTarget): Connector {
  return ({ hostname, port }, callback) => {
    const socket = dial(hostname, Number(port), target);
    socket.setNoDelay(true);
    expectWithin(deadlineMs, socket, "connect", "no connection");
    if (target.tls) {
      socket.once("connect", () => {
        expectWithin(HANDSHAKE_MS_MAX, socket, "secureConnect", "no TLS");
      });
    }
    const onError = (error: Error) => callback(error, null);
    socket.once("error", onError);
    socket.once(target.tls ? "secureConnect" : "connect", () => {
      socket.off("error", onError);
      callback(null, socket);
    });
  };
}

/** It is not connected yet. */
export function dial(host: string, port: number, { token, tls }: Omit<AgentTarget, "ip">): Socket {
  if (!tls) return connect({ host, port });
  const psk = agentTlsKey(createHash("sha256").update(token).digest("hex"));
  return connectTls({
    ...AGENT_TLS,
    host,
    port,
    pskCallback: () => ({ psk, identity: AGENT_TLS_IDENTITY }),
    // There is no certificate: who does not have the key cannot finish the handshake.
    checkServerIdentity: () => undefined,
  });
}
