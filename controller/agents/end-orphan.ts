/**
 * Ends a container that Mesos has lost: its executor died, or `docker restart` took it from there. It runs on
 * with its address and its data, and only its own agent can still be asked.
 */
import type { AgentStatus } from "../model/agent-api.ts";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { Clock } from "../model/ports.ts";
import type { AgentAddress } from "./connection.ts";
import { longCall } from "./long-call.ts";
import { parseStatus } from "./parse-status.ts";
import { refused } from "./refusal.ts";

const ANSWER_MS_MAX = 3_000;
const LOOK_AGAIN_MS = 200;
/** An agent ends its units within four seconds, and the engine removes what is left. */
const END_MS_MAX = 15_000;

export interface OrphanCircumstances {
  readonly address: AgentAddress;
  /** Whether a task is over for certain: its id was given to an earlier launch of the slot. */
  readonly isOver: (taskId: string) => boolean;
  /** The task that is meant to be there; null: none is. */
  readonly present: string | null;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Resolves when nobody answers at the address, or who is meant to: at once when nobody else did.
 *
 * @throws OperationError ERR_AGENT_REFUSED when another task than an earlier one of the slot answers there,
 *   ERR_TIMEOUT when it does not end
 */
export async function endOrphan(circumstances: OrphanCircumstances): Promise<void> {
  const { address, isOver, present, clock, signal } = circumstances;
  const operation = `EndOrphan ${address.ip}`;
  const giveUpAt = clock.now() + END_MS_MAX;
  for (;;) {
    const status = await statusOf(operation, address, signal);
    if (status === null || status.taskId === present) return;
    if (!isOver(status.taskId)) {
      const message = `The address ${address.ip} is held by task ${status.taskId}, which is not an earlier one of this slot.`;
      throw new OperationError(ERROR_CODES.AGENT_REFUSED, operation, message);
    }
    if (clock.now() >= giveUpAt) {
      const message = `Task ${status.taskId} runs on at ${address.ip}, ${END_MS_MAX / 1_000} s after it was told to end.`;
      throw new OperationError(ERROR_CODES.TIMEOUT, operation, message);
    }
    await stop(operation, address, status.taskId, signal);
    await new Promise<void>((resolve) => void clock.after(LOOK_AGAIN_MS, resolve));
  }
}

/** @returns null when nobody answers who knows the cluster's token */
async function statusOf(
  operation: string,
  address: AgentAddress,
  signal: AbortSignal,
): Promise<AgentStatus | null> {
  const call = { operation, address, signal, method: "GET", path: "/v1/status" } as const;
  try {
    return await longCall({ ...call, answerMs: ANSWER_MS_MAX }, async (answer) => {
      const parsed = answer.status === 200 ? parseStatus(await answer.text()) : null;
      return parsed?.ok ? parsed.status : null;
    });
  } catch (error) {
    if (isUnreachable(error)) return null;
    throw error;
  }
}

/** It may end before it has answered. */
async function stop(
  operation: string,
  address: AgentAddress,
  taskId: string,
  signal: AbortSignal,
): Promise<void> {
  const path = `/v1/stop?taskId=${encodeURIComponent(taskId)}`;
  const call = { operation, address, signal, method: "POST", path } as const;
  try {
    await longCall({ ...call, answerMs: ANSWER_MS_MAX }, async (answer) => {
      if (answer.status !== 202) throw refused(operation, answer.status, await answer.text());
    });
  } catch (error) {
    if (!isUnreachable(error)) throw error;
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof OperationError && error.code === ERROR_CODES.AGENT_UNREACHABLE;
}
