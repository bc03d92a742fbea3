/** An order to an agent, with the answers of controller/agents/orders.ts. */
import type { Action } from "../../../controller/model/action.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { Station } from "../wire/station.ts";

const ANSWER_MS_MAX = 3_000;

export function sendOrder(
  { ip, order }: Extract<Action, { type: "OrderAgent" }>,
  wires: {
    readonly station: Station;
    readonly clock: Clock;
    readonly resolve: (ip: string) => string | undefined;
  },
): Promise<void> {
  const { station, clock, resolve } = wires;
  const operation = `OrderAgent ${ip} ${order.etcd.mode}`;
  const peer = resolve(ip);
  return new Promise((done, fail) => {
    const unreachable = () =>
      fail(new OperationError(ERROR_CODES.AGENT_UNREACHABLE, operation, "no answer"));
    if (peer === undefined) {
      clock.after(ANSWER_MS_MAX, unreachable);
      return;
    }
    station.ask(peer, "order", order, ANSWER_MS_MAX, (answer) => {
      if (answer === undefined) unreachable();
      else if (answer === "accepted") done();
      else fail(new OperationError(ERROR_CODES.AGENT_REFUSED, operation, JSON.stringify(answer)));
    });
  });
}
