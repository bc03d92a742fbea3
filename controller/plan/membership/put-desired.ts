/**
 * Tells the leader's agent which slots have names. The hosts table that it writes from this is
 * the receipt: as long as the table shows other slots, the key is put again.
 */
import type { Draft } from "../plan-builder.ts";
import type { ClusterView } from "../view/cluster-view.ts";

export function putDesired(view: ClusterView, generation: number, draft: Draft): void {
  const { leader, members } = view.etcd;
  if (leader === null || members === null) return;
  // A leader that is to leave keeps its name until its leadership has moved.
  const named = view.nodes.filter((n) => n.wanted || n.leads);
  const slots = named.map(({ slot, ip }) => ({ slot, ip }));
  const table = view.nodes.find((n) => n.leads)?.agent?.hosts?.names ?? [];
  const shown = new Map(table.map((n) => [n.slot, n.ip]));
  const same = shown.size === slots.length && slots.every((s) => shown.get(s.slot) === s.ip);
  if (!same) draft.act({ type: "PutDesired", desired: { generation, slots } });
}
