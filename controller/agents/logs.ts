/** A unit's log, as the agent in its container has it. */
import type { Readable } from "node:stream";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { AgentTarget } from "./connection.ts";
import { agentClient, authorization, shortText, unreachable } from "./agent-http.ts";

/** A person waits, and machines of which logs are read have much to do. */
const CONNECT_MS_MAX = 2_000;
const HEADERS_MS_MAX = 3_000;
/** A log that is not followed comes at once and in one piece. */
const BODY_MS_MAX = 10_000;

export interface LogOptions {
  /** Lines from the end; null: as many as the agent thinks fit. */
  readonly tail: number | null;
  readonly follow: boolean;
  /** Of the container before. */
  readonly previous: boolean;
  /** Milliseconds since the epoch: older lines are left out; null: none is too old. */
  readonly since: number | null;
  /** Each line begins with the time at which it came, RFC 3339; those of a release before have none. */
  readonly timestamps: boolean;
}

/**
 * The stream ends when a log that is not followed is over, and when the container is gone; destroy
 * it to stop following.
 *
 * @param unit `etcd`, `jupyter`, `sshd` or `agent`
 * @throws OperationError ERR_AGENT_UNREACHABLE, ERR_NOT_FOUND for a unit that there is not,
 *   ERR_AGENT_REFUSED
 */
export async function openLog(
  target: AgentTarget,
  unit: string,
  { tail, follow, previous, since, timestamps }: LogOptions,
): Promise<Readable> {
  const { ip, token } = target;
  const operation = `read the ${unit} log of ${ip}`;
  // A followed log may be silent for as long as it likes.
  const deadlines = { headersMs: HEADERS_MS_MAX, bodyMs: follow ? 0 : BODY_MS_MAX };
  const client = agentClient(target, deadlines, CONNECT_MS_MAX);
  const query = {
    ...(tail === null ? {} : { tail }),
    ...(follow ? { follow } : {}),
    ...(since === null ? {} : { since }),
    ...(timestamps ? { timestamps } : {}),
  };
  try {
    const answer = await client.request({
      method: "GET",
      path: `/v1/logs/${encodeURIComponent(unit)}${previous ? "/previous" : ""}`,
      query,
      headers: authorization(token),
    });
    if (answer.statusCode !== 200) {
      if (previous && answer.statusCode === 404) throw noneBefore(operation, unit);
      throw refused(operation, unit, answer.statusCode, await shortText(answer.body, 1024));
    }
    const { body } = answer;
    body.once("close", () => void client.destroy());
    return body;
  } catch (error) {
    await client.destroy();
    if (error instanceof OperationError) throw error;
    throw unreachable(operation, ip, error);
  }
}

function noneBefore(operation: string, unit: string): OperationError {
  const message = `No container before has left a log of ${unit} in this node's volume.`;
  return new OperationError(ERROR_CODES.NOT_FOUND, operation, message);
}

function refused(operation: string, unit: string, status: number, text: string): OperationError {
  if (status === 404) {
    const message = `There is no unit ${unit}; there are etcd, jupyter, sshd and agent.`;
    return new OperationError(ERROR_CODES.NOT_FOUND, operation, message);
  }
  const message = `the agent answered ${status}: ${text.trim() || "nothing"}`;
  return new OperationError(ERROR_CODES.AGENT_REFUSED, operation, message);
}
