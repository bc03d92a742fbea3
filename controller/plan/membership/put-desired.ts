/**
 * Tells the leader's agent which slots have names. The hosts table that it writes from this is
 * the receipt: as long as the table shows other slots, the key is put again; and when it is found to
 * hold them no longer, for the table outlives it.
 */
import type { DesiredSlots } from "../../model/naming.ts";
import type { Observed } from "../../model/observed.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { QuorateContext } from "../guards.ts";

export function putDesired({ observed, view }: QuorateContext, plan: PlanBuilder): void {
  // The spare has no name before it votes. A leader that is to leave keeps its name until its leadership has moved.
  const named = view.nodes.filter((n) => (n.desired && !n.spare) || n.leads);
  const slots = named.map(({ slot, ip }) => ({ slot, ip }));
  const table = view.nodes.find((n) => n.leads)?.agent?.hosts?.names ?? [];
  const shown = new Map(table.map((n) => [n.slot, n.ip]));
  const { generation } = plan.memory;
  const desired = { generation, slots };
  const isShown = saysTheSame(shown, slots);
  if (isShown && isStored(slots, observed)) return;
  plan.addAction({ type: "PutDesired", desired });
  if (!isShown) return;
  const message = "etcd did not hold which slots the cluster has; it is written there again";
  plan.addOrderEvent("Warning", "KeysRestored", message);
}

/** Whatever cannot be read counts as being there. */
function isStored(slots: DesiredSlots["slots"], { keys }: Observed): boolean {
  if (keys.freshness !== "fresh" || keys.value.authEnabled) return true;
  const stored = new Map(keys.value.desired?.slots.map((s) => [s.slot, s.ip]));
  return saysTheSame(stored, slots);
}

function saysTheSame(shown: ReadonlyMap<number, string>, slots: DesiredSlots["slots"]): boolean {
  return shown.size === slots.length && slots.every((s) => shown.get(s.slot) === s.ip);
}
