/** What is seen for the first time becomes history: nodes that got ready, members. */
import { slotOfMemberName } from "../../model/ids.ts";
import type { Draft } from "../plan-builder.ts";
import { notReadyReasons } from "../health/readiness.ts";
import { emptySlot } from "../tasks/sync-slots.ts";
import type { ClusterView } from "../view/cluster-view.ts";

export function recordReadyNodes(view: ClusterView, draft: Draft): void {
  for (const node of view.nodes) {
    if (node.task === null || node.task.readyAt !== null) continue;
    if (notReadyReasons(node, view).length > 0) continue;
    draft.patchTask(node.slot, { readyAt: draft.now });
    draft.event("Normal", "NodeReady", `slot ${node.slot} is ready`);
  }
}

/** The membership is remembered for the time when no quorum can tell it. */
export function recordMembers(view: ClusterView, draft: Draft): void {
  if (view.etcd.members === null) return;
  if (draft.recovery.unconfirmed !== null) draft.recover({ unconfirmed: null });
  for (const { slot, member, memory } of view.nodes) {
    const memberId = member?.id ?? null;
    const isLearner = member?.isLearner ?? false;
    if (memory.memberId === memberId && memory.isLearner === isLearner) continue;
    draft.patchSlot(slot, { memberId, isLearner });
  }
  // Members of a larger cluster that once had this name: remembered, they are scaled in.
  const known = new Set(draft.slots.map((s) => s.slot));
  for (const { id, name, isLearner } of view.etcd.members) {
    const slot = slotOfMemberName(name);
    if (slot === null || known.has(slot)) continue;
    draft.addSlot({ ...emptySlot(slot), memberId: id, isLearner });
  }
}
