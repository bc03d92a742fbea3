/**
 * Every slot that the spec wants is remembered. A slot that is no longer wanted stays in memory
 * when its task and member are gone: its launch count keeps task ids from ever being used again.
 */
import type { SlotMemory } from "../../model/memory.ts";
import type { Draft } from "../plan-builder.ts";

export function syncSlots(replicas: number, draft: Draft): void {
  const known = new Set(draft.slots.map((s) => s.slot));
  for (let slot = 0; slot < replicas; slot++) {
    if (!known.has(slot)) draft.addSlot(emptySlot(slot));
  }
}

export function emptySlot(slot: number): SlotMemory {
  return {
    slot,
    launches: 0,
    task: null,
    lastAgentId: null,
    lastHostname: null,
    restarts: 0,
    failures: 0,
    notBefore: 0,
    lastFailure: null,
    memberId: null,
    spentMemberId: null,
    isLearner: false,
  };
}
