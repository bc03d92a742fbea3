/** An agent's answer that is a no. */
import type { AgentRefusal } from "../model/agent-api.ts";
import { ERROR_CODES, OperationError } from "../model/errors.ts";

/** ERR_AGENT_REFUSED; its message begins with the refusal's code and its cause is the refusal. */
export function refused(operation: string, status: number, text: string): OperationError {
  const refusal = parseRefusal(text);
  const message = refusal
    ? `${refusal.code}: ${refusal.message}`
    : `the agent answered ${status}: ${text.trim().slice(0, 500) || "nothing"}`;
  const options = refusal ? { cause: refusal } : {};
  return new OperationError(ERROR_CODES.AGENT_REFUSED, operation, message, options);
}

function parseRefusal(text: string): AgentRefusal | null {
  try {
    const value = JSON.parse(text) as Partial<AgentRefusal> | null;
    if (typeof value?.code !== "string" || typeof value.message !== "string") return null;
    return { code: value.code, message: value.message };
  } catch {
    return null;
  }
}
