/** Giving back the space that etcd's database does not use. */
import type { AgentAddress } from "./connection.ts";
import { longCall } from "./long-call.ts";
import { refused } from "./refusal.ts";

/** The member serves nothing meanwhile; about ten seconds for each GiB. */
const DONE_MS_MAX = 5 * 60_000;

/**
 * Of the node's own member alone.
 *
 * @throws OperationError ERR_AGENT_UNREACHABLE, ERR_AGENT_REFUSED (`EtcdNotServing`)
 */
export function defragment(address: AgentAddress, signal: AbortSignal): Promise<void> {
  const operation = `Defragment ${address.ip}`;
  const call = { operation, address, signal, method: "POST", path: "/v1/defragment" } as const;
  return longCall({ ...call, answerMs: DONE_MS_MAX }, async (answer) => {
    if (answer.status !== 204) throw refused(operation, answer.status, await answer.text());
  });
}
