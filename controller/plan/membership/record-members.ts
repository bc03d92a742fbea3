/** The membership is remembered for the time when no quorum can tell it. */
import { slotOfMemberName } from "../../model/ids.ts";
import { sameData } from "../../model/same-data.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { QuorateContext } from "../guards.ts";
import { emptySlot } from "../tasks/sync-slots.ts";
import { describeMember, foreignMembers } from "../view/foreign-members.ts";
import { recordVoteChange } from "./vote-change.ts";

export function recordMembers({ view }: QuorateContext, plan: PlanBuilder): void {
  if (plan.memory.recovery.pendingVoterChange !== null)
    plan.updateRecovery({ pendingVoterChange: null });
  recordVoteChange(view.etcd.members, plan);
  const foreignVoters = foreignMembers(view)
    .filter((m) => !m.isLearner)
    .map(describeMember);
  if (!sameData(plan.memory.recovery.foreignVoters, foreignVoters))
    plan.updateRecovery({ foreignVoters });
  for (const { slot, member, memory } of view.nodes) {
    const memberId = member?.id ?? null;
    const isLearner = member?.isLearner ?? false;
    if (memory.memberId === memberId && memory.isLearner === isLearner) continue;
    plan.patchSlot(slot, { memberId, isLearner });
  }
  // Members of a larger cluster that once had this name: remembered, they are scaled in.
  const known = new Set(plan.memory.slots.map((s) => s.slot));
  for (const { id, name, isLearner } of view.etcd.members) {
    const slot = slotOfMemberName(name);
    if (slot === null || known.has(slot)) continue;
    plan.addSlot({ ...emptySlot(slot), memberId: id, isLearner });
  }
}
