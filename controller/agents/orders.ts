/** Telling an agent what to run. */
import { type AgentOrder, type AgentRefusal, AGENT_PORT } from "../model/agent-api.ts";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import { agentClient, authorization, shortText, unreachable } from "./agent-http.ts";

/** The agent answers as soon as it has judged the order, and before it carries it out. */
const ANSWER_MS_MAX = 3_000;
const TEXT_BYTES_MAX = 16 * 1024;

/**
 * One try; the same order may be sent again.
 *
 * @throws OperationError ERR_AGENT_UNREACHABLE; ERR_AGENT_REFUSED whose message begins with the
 *   refusal's code and whose cause is the {@link AgentRefusal}, when there is one
 */
export async function sendOrder(ip: string, token: string, order: AgentOrder): Promise<void> {
  const operation = `OrderAgent ${ip}:${AGENT_PORT} ${order.etcd.mode}`;
  const client = agentClient(ip, { headersMs: ANSWER_MS_MAX, bodyMs: ANSWER_MS_MAX });
  let status: number;
  let text: string;
  try {
    const answer = await client.request({
      method: "PUT",
      path: "/v1/order",
      headers: { ...authorization(token), "content-type": "application/json" },
      body: JSON.stringify(order),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    status = answer.statusCode;
    text = await shortText(answer.body, TEXT_BYTES_MAX);
  } catch (error) {
    throw unreachable(operation, ip, error);
  } finally {
    await client.destroy();
  }
  if (status !== 202) throw refused(operation, status, text);
}

function refused(operation: string, status: number, text: string): OperationError {
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
