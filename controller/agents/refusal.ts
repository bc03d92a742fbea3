/** An agent's answer that is a no. */
import type { AgentRefusal } from "../model/agent-refusal.ts";
import { ERROR_CODES, OperationError } from "../model/errors.ts";

/** ERR_AGENT_REFUSED; its message begins with the refusal's code and its cause is the refusal. */
export function refused(operation: string, status: number, text: string): OperationError {
  const refusal = parseRefusal(text);
  const message = refusal
    ? `${refusal.code}: ${refusal.message}`
    : `the agent answered ${status}: ${messageIn(text).slice(0, 500) || "nothing"}`;
  const options = refusal ? { cause: refusal } : {};
  return new OperationError(ERROR_CODES.AGENT_REFUSED, operation, message, options);
}

/** What a person is told: the agent's words, or what else the answer is. */
export function messageIn(text: string): string {
  const message = parsed(text)?.message;
  return typeof message === "string" ? message : text.trim();
}

function parseRefusal(text: string): AgentRefusal | null {
  const { code, message } = parsed(text) ?? {};
  if (typeof code !== "string" || typeof message !== "string") return null;
  return { code, message };
}

function parsed(text: string): Partial<AgentRefusal> | null {
  try {
    return JSON.parse(text) as Partial<AgentRefusal> | null;
  } catch {
    return null;
  }
}
