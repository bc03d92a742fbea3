/**
 * What the controller needs of its connections to agents. Production makes them of sockets; in a
 * simulation they are made of virtual time.
 */
import type { ClusterMemory } from "../model/memory.ts";

/** One connection, for one request or stream. Whoever opens it destroys it. */
export type ConnectAgent = (target: AgentTarget, deadlines: AgentDeadlines) => AgentConnection;

export interface AgentDeadlines {
  /** From the request, or its last byte, to the first of the answer. Milliseconds. */
  readonly headersMs: number;
  /** Between two pieces of a body. Milliseconds. */
  readonly bodyMs: number;
}

export interface AgentConnection {
  /** @throws Error when nobody answers in time, the signal is aborted, or the connection breaks */
  request(request: AgentRequest): Promise<AgentAnswer>;
  /** At once: whatever waits for an answer, or for more of one, fails. */
  destroy(reason?: Error): Promise<void>;
}

export interface AgentRequest {
  readonly method: "GET" | "PUT" | "POST";
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string | AsyncIterable<Uint8Array> | null;
  readonly signal?: AbortSignal;
}

export interface AgentAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface AgentTarget {
  readonly ip: string;
  /** Bearer token of the cluster's agents. */
  readonly token: string;
  /** False of a cluster without TLS. */
  readonly tls: boolean;
}

export interface AgentAddress extends AgentTarget {
  readonly connect: ConnectAgent;
}

export function agentTarget(
  ip: string,
  { secrets, cluster }: Pick<ClusterMemory, "secrets" | "cluster">,
): AgentTarget {
  return { ip, token: secrets.agentToken, tls: cluster.spec.etcd.tls };
}
