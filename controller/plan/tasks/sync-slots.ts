/**
 * Every slot that the spec asks for is remembered. A slot that is no longer desired stays in memory
 * when its task and member are gone: its launch count keeps task ids from ever being used again.
 */
import { slotCount } from "../../../crd-schema/slots.ts";
import type { SlotMemory } from "../../model/memory.ts";
import type { PlanBuilder } from "../plan-builder.ts";

export function syncSlots(_: unknown, plan: PlanBuilder): void {
  const { slots, cluster } = plan.memory;
  const known = new Set(slots.map((s) => s.slot));
  for (let slot = 0; slot < slotCount(cluster.spec); slot++) {
    if (!known.has(slot)) plan.addSlot(emptySlot(slot));
  }
}

export function emptySlot(slot: number): SlotMemory {
  return {
    slot,
    launches: 0,
    task: null,
    lastAgentId: null,
    lastHostname: null,
    endedAt: null,
    restarts: 0,
    failures: 0,
    notBefore: 0,
    lastFailure: null,
    lastFailureHostname: null,
    memberId: null,
    retiredMemberId: null,
    isLearner: false,
    orphan: null,
    repair: null,
  };
}
