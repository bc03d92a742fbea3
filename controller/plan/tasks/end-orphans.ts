/**
 * A container that Mesos has lost is ended through its own agent before its slot is launched again: on a
 * Mesos with dead executors nobody else does it for hours, and every launch would fail on its address.
 */
import type { SlotMemory } from "../../model/memory.ts";
import { slotAddress } from "../../model/ids.ts";
import { jobOf, startJob } from "../jobs.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";

/** Then it is launched anyway: whoever holds the address, the launch will tell. Milliseconds. */
const ORPHAN_MS_MAX = 120_000;

export function endOrphans({ view, observed }: PlanContext, plan: PlanBuilder): void {
  for (const slot of plan.memory.slots) {
    const { orphan } = slot;
    if (orphan === null || slot.task !== null) continue;
    const action = {
      type: "EndOrphan",
      slot: slot.slot,
      ip: slotAddress(view.spec.network.firstAddress, slot.slot),
      launches: slot.launches,
    } as const;
    const job = jobOf(action, observed);
    const isLate = plan.now - orphan.since >= ORPHAN_MS_MAX;
    if ((orphan.asked && job === undefined) || isLate) {
      plan.patchSlot(slot.slot, { orphan: null });
      continue;
    }
    if (!orphan.asked) plan.patchSlot(slot.slot, { orphan: { ...orphan, asked: true } });
    startJob(action, observed, plan);
    plan.requeue(orphan.since + ORPHAN_MS_MAX);
  }
}

/** Null: nothing of an earlier task is in the way. */
export function describeOrphan({ orphan }: SlotMemory): string | null {
  if (orphan === null) return null;
  return "a container of an earlier task may hold its address, and is told to end";
}
