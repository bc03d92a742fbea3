/**
 * Tells the leader's agent which slots have names. The hosts table that it writes from this is
 * the receipt: as long as the table shows other slots, the key is put again.
 */
import type { PlanBuilder } from "../plan-builder.ts";
import type { QuorateContext } from "../guards.ts";

export function putDesired({ view }: QuorateContext, plan: PlanBuilder): void {
  // A leader that is to leave keeps its name until its leadership has moved.
  const named = view.nodes.filter((n) => n.desired || n.leads);
  const slots = named.map(({ slot, ip }) => ({ slot, ip }));
  const table = view.nodes.find((n) => n.leads)?.agent?.hosts?.names ?? [];
  const shown = new Map(table.map((n) => [n.slot, n.ip]));
  const same = shown.size === slots.length && slots.every((s) => shown.get(s.slot) === s.ip);
  const { generation } = plan.memory;
  if (!same) plan.addAction({ type: "PutDesired", desired: { generation, slots } });
}
