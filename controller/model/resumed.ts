/**
 * A controller that begins sees nothing yet, and what held before may hold still: until it has looked for
 * itself, what comes back as it was has never ceased. Pure.
 */
import type { ClusterMemory, SlotMemory } from "./memory.ts";

/** For Mesos and all agents to have answered. Milliseconds. */
export const SIGHT_MS_MAX = 30_000;

/** The memory as the next controller takes it up. */
export function resume(memory: ClusterMemory, now: number): ClusterMemory {
  // Of one that ended before it had seen anything, what it had found counts.
  const found = new Map(memory.resumed?.held.map((held) => [held.type, held]));
  const held = memory.conditions.map(
    ({ type, status, lastTransitionTime }) =>
      found.get(type) ?? { type, status, lastTransitionTime },
  );
  return {
    ...memory,
    slots: memory.slots.map(asOfNow),
    resumed: { until: now + SIGHT_MS_MAX, held },
  };
}

/**
 * Nobody listened while no controller ran: silence counts from when somebody does. And an order to stop may never have
 * left: what it was decided on is past, so it is decided again. Mesos says TASK_KILLED of one that had left.
 */
function asOfNow(slot: SlotMemory): SlotMemory {
  if (slot.task === null) return slot;
  const nothingKnown = { agentUnreachableSince: null, killRequestedAt: null, killReason: null };
  return { ...slot, task: { ...slot.task, ...nothingKnown } };
}
