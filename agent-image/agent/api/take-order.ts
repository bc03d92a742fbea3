/** `PUT /v1/order`, whatever it came over. */
import type { AgentOrder, AgentRefusal } from "../../../controller/model/agent-api.ts";
import { CheckError } from "../system/checker.ts";
import { parseOrder } from "./parse-order.ts";

/** As HTTP says it: 202 accepted, 400 malformed, 409 the data directory forbids it. */
export type OrderAnswer =
  | { readonly status: 202; readonly answer: { readonly orderId: string } }
  | { readonly status: 400; readonly answer: { readonly message: string } }
  | { readonly status: 409; readonly answer: AgentRefusal };

/** @param slot this node's */
export function takeOrder(
  value: unknown,
  slot: number,
  accept: (order: AgentOrder) => AgentRefusal | null,
): OrderAnswer {
  let order: AgentOrder;
  try {
    order = parseOrder(value, slot);
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    return { status: 400, answer: { message: error.message } };
  }
  const refusal = accept(order);
  if (refusal !== null) return { status: 409, answer: refusal };
  return { status: 202, answer: { orderId: order.orderId } };
}
