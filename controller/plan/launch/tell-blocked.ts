/**
 * A launch that is blocked for longer than launches take is told once, and again when something else blocks
 * it: not at each look, and not because offers come and go.
 */
import { bySlots } from "../../model/slots-text.ts";
import { sameData } from "../../model/same-data.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";

/** Nobody offers anything just now: what was the matter with the offers before is still known. */
export const NO_OFFER = "NoOffer";
/** Offers that are wanted come within this, and a task's end is known. Milliseconds. */
const BLOCKED_MS = 15_000;

export function tellBlocked(_: PlanContext, plan: PlanBuilder): void {
  const { launchBlock: before } = plan.memory;
  const kinds = [...new Set(plan.blockKinds.values())].toSorted();
  if (kinds.length === 0) {
    if (before !== null) plan.updateMemory({ launchBlock: null });
    return;
  }
  const isSame = before !== null && (sameData(before.kinds, kinds) || sameData(kinds, [NO_OFFER]));
  const block = isSame ? before : { kinds, since: plan.now, told: false };
  const isDue = !block.told && plan.now >= block.since + BLOCKED_MS;
  if (block !== before || isDue) plan.updateMemory({ launchBlock: { ...block, told: isDue } });
  if (isDue) plan.addEvent("Warning", "LaunchBlocked", `not launched: ${blockedText(plan)}`);
  else if (!block.told) plan.requeue(block.since + BLOCKED_MS);
}

function blockedText({ blockKinds, launchBlockers }: PlanBuilder): string {
  const slotsOf = new Map<string, number[]>();
  for (const slot of blockKinds.keys()) {
    const why = launchBlockers.get(slot) ?? "";
    slotsOf.set(why, [...(slotsOf.get(why) ?? []), slot]);
  }
  return bySlots(slotsOf);
}

/** Of which kind a sentence is that tells of hosts by name and of amounts. */
export function withoutNumbers(text: string): string {
  return text.replaceAll(/[\d.]+/g, "#");
}
