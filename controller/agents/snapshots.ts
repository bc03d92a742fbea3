/** Snapshots of a node's etcd: taken from it, and handed over to it. */
import { SNAPSHOT_HEADERS } from "../model/agent-api.ts";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { SnapshotContent } from "../model/ports.ts";
import type { SnapshotFacts, SnapshotInfo } from "../model/snapshot.ts";
import type { AgentAddress, AgentAnswer } from "./connection.ts";
import { longCall } from "./long-call.ts";
import { messageIn, refused } from "./refusal.ts";

/** The agent takes the whole snapshot and verifies it before it answers. */
const TAKEN_MS_MAX = 5 * 60_000;
/** From the last byte: the agent verifies what it has. */
const VERIFIED_MS_MAX = 2 * 60_000;

/**
 * @param receive gets the content as it comes, and checks that it is what the facts say
 * @throws OperationError ERR_AGENT_UNREACHABLE, ERR_AGENT_REFUSED (`EtcdNotServing`),
 *   ERR_SNAPSHOT_FAILED for an answer that lacks the facts; whatever `receive` throws
 */
export function fetchSnapshot<T>(
  address: AgentAddress,
  signal: AbortSignal,
  receive: (facts: SnapshotFacts, content: SnapshotContent) => Promise<T>,
): Promise<T> {
  const operation = `SaveSnapshot from ${address.ip}`;
  const call = { operation, address, signal, method: "GET", path: "/v1/snapshot" } as const;
  return longCall({ ...call, answerMs: TAKEN_MS_MAX }, async (answer) => {
    if (answer.status !== 200) throw refused(operation, answer.status, await answer.text());
    return receive(factsOf(operation, answer.headers), answer.body);
  });
}

/**
 * May be repeated.
 *
 * @throws OperationError ERR_AGENT_UNREACHABLE, ERR_AGENT_REFUSED; ERR_SNAPSHOT_INVALID when what
 *   arrived is not this snapshot, ERR_DISK_FULL when the node's disk is; whatever `content` throws
 */
export function sendSnapshot(
  address: AgentAddress,
  signal: AbortSignal,
  { sha256, sizeBytes }: SnapshotInfo,
  content: SnapshotContent,
): Promise<void> {
  const operation = `SendSnapshot to ${address.ip}`;
  const path = `/v1/snapshot?sha256=${sha256}`;
  const body = { content, sizeBytes };
  const call = { operation, address, signal, method: "PUT", path, body } as const;
  return longCall({ ...call, answerMs: VERIFIED_MS_MAX }, async (answer) => {
    if (answer.status === 204) return;
    const text = await answer.text();
    if (answer.status === 400) {
      const message = `the node does not take it: ${messageIn(text)}`;
      throw new OperationError(ERROR_CODES.SNAPSHOT_INVALID, operation, message);
    }
    if (answer.status === 507) {
      const message = `The node's disk is full: free some space on its host (${messageIn(text)}).`;
      throw new OperationError(ERROR_CODES.DISK_FULL, operation, message);
    }
    throw refused(operation, answer.status, text);
  });
}

function factsOf(operation: string, headers: AgentAnswer["headers"]): SnapshotFacts {
  const text = (name: string, form: RegExp): string => {
    const value = headers[name];
    if (typeof value === "string" && form.test(value)) return value;
    const message = `the agent's answer has no ${name}, or a strange one: ${String(value)}`;
    throw new OperationError(ERROR_CODES.SNAPSHOT_FAILED, operation, message);
  };
  return {
    revision: Number(text(SNAPSHOT_HEADERS.revision, /^\d{1,15}$/)),
    keys: Number(text(SNAPSHOT_HEADERS.keys, /^\d{1,15}$/)),
    sha256: text(SNAPSHOT_HEADERS.sha256, /^[0-9a-f]{64}$/),
    clusterId: text(SNAPSHOT_HEADERS.clusterId, /^[0-9a-f]{1,16}$/),
  };
}
