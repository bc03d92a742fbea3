/** Telling an agent what to run. */
import { type StartCommand, AGENT_PORT } from "../model/agent-api.ts";
import type { Clock } from "../model/ports.ts";
import { authorization, shortText, unreachable } from "./agent-http.ts";
import type { AgentAddress } from "./connection.ts";
import { refused } from "./refusal.ts";

/** The agent answers as soon as it has judged the command, and before it carries it out. */
const ANSWER_MS_MAX = 3_000;
const TEXT_BYTES_MAX = 16 * 1024;

/**
 * One try; the same command may be sent again.
 *
 * @throws OperationError ERR_AGENT_UNREACHABLE; ERR_AGENT_REFUSED whose message begins with the
 *   refusal's code and whose cause is the refusal, when there is one
 */
export async function sendStartCommand(
  address: AgentAddress,
  command: StartCommand,
  clock: Clock,
): Promise<void> {
  const { ip, token } = address;
  const operation = `StartEtcd ${ip}:${AGENT_PORT} ${command.etcd.mode}`;
  const connection = address.connect(address, { headersMs: ANSWER_MS_MAX, bodyMs: ANSWER_MS_MAX });
  const late = new AbortController();
  const cancel = clock.after(ANSWER_MS_MAX, () => {
    late.abort(new Error(`no answer within ${ANSWER_MS_MAX} ms`));
  });
  let status: number;
  let text: string;
  try {
    const answer = await connection.request({
      method: "PUT",
      path: "/v1/start",
      headers: { ...authorization(token), "content-type": "application/json" },
      body: JSON.stringify(command),
      signal: late.signal,
    });
    status = answer.statusCode;
    text = await shortText(answer.body, TEXT_BYTES_MAX);
  } catch (error) {
    throw unreachable(operation, ip, error);
  } finally {
    cancel();
    await connection.destroy();
  }
  if (status !== 202) throw refused(operation, status, text);
}
