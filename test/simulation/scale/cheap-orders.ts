/** An order on its way to an agent: an address without a machine swallows it. */
import type { Action } from "../../../controller/model/action.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { CheapCluster } from "./cheap-cluster.ts";

const ANSWER_MS = 5;
/** As in controller/agents/orders.ts. */
const ANSWER_MS_MAX = 3_000;

export async function sendOrder(
  { slot, taskId, order }: Extract<Action, { type: "OrderAgent" }>,
  cluster: CheapCluster,
  clock: Clock,
): Promise<void> {
  const reached = cluster.isReachable(slot);
  await new Promise<void>((resolve) => {
    clock.after(reached ? ANSWER_MS : ANSWER_MS_MAX, resolve);
  });
  if (!reached) {
    const message = "The agent does not answer.";
    throw new OperationError(ERROR_CODES.AGENT_UNREACHABLE, "OrderAgent", message);
  }
  cluster.order(slot, taskId, order);
}
