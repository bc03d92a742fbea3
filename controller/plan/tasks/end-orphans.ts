/**
 * A container that Mesos has lost is ended through its own agent before its slot is launched again: on a
 * Mesos with dead executors nobody else does it for hours, and every launch would fail on its address.
 */
import type { Orphan, SlotMemory } from "../../model/memory.ts";
import { isLaunchOf, slotAddress } from "../../model/ids.ts";
import { jobOf, startJob } from "../jobs.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";

/** A search that fails is tried again for so long; milliseconds. */
const SEARCH_MS_MAX = 120_000;

/**
 * Nobody's answer is no proof: the network may be cut. So afterwards the slot is launched on the same host
 * alone, where Docker refuses an address that is held, until it runs or `unreachable` has passed.
 */
export function endOrphans({ view, observed }: PlanContext, plan: PlanBuilder): void {
  const { replaceAfterSeconds } = view.spec.unreachable;
  for (const slot of plan.memory.slots) {
    const { orphan } = slot;
    if (orphan === null || slot.task !== null) continue;
    const next = (state: Orphan["state"]) => {
      const over = state === "searched" && orphan.place === null;
      plan.patchSlot(slot.slot, { orphan: over ? null : { ...orphan, state } });
    };
    if (orphan.state === "searched") {
      const forgottenAt = orphan.since + replaceAfterSeconds * 1000;
      if (plan.now < forgottenAt) plan.requeue(forgottenAt);
      else plan.patchSlot(slot.slot, { orphan: null });
      continue;
    }
    const action = {
      type: "EndOrphan",
      slot: slot.slot,
      ip: slotAddress(view.spec.network.firstAddress, slot.slot),
      launches: slot.launches,
    } as const;
    const hasEnded = orphan.state === "asked" && jobOf(action, observed) === undefined;
    if (hasEnded || plan.now - orphan.since >= SEARCH_MS_MAX) {
      next("searched");
      continue;
    }
    if (orphan.state === "suspected") next("asked");
    startJob(action, observed, plan);
    plan.requeue(orphan.since + SEARCH_MS_MAX);
  }
}

/**
 * A host that was cut off comes back with the container of a task whose slot was launched elsewhere
 * meanwhile. What Mesos tells of is killed (stop-tasks.ts); where it does not, because its agent came back
 * as another or the executor is dead, two hold one address, and whoever of them is led to tells it.
 */
export function endReplaced({ view, observed }: PlanContext, plan: PlanBuilder): void {
  const { ref, spec } = view;
  for (const { slot, launches, task } of plan.memory.slots) {
    const other = task === null ? undefined : observed.others?.get(task.taskId);
    const earlier = { slot, launches: launches - 1 };
    if (other === undefined || !isLaunchOf(other, ref, plan.memory.uid, earlier)) continue;
    const ip = slotAddress(spec.network.firstAddress, slot);
    startJob({ type: "EndOrphan", ip, ...earlier }, observed, plan);
  }
}

/** Nothing is to be told to end any more. */
export function isSearched({ orphan }: Pick<SlotMemory, "orphan">): boolean {
  return orphan === null || orphan.state === "searched";
}

/** Null: nothing of an earlier task is in the way. */
export function describeOrphan(slot: SlotMemory): string | null {
  if (isSearched(slot)) return null;
  return "a container of an earlier task may hold its address, and is told to end";
}
