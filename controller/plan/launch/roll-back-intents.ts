/** Takes back the intents of launches that certainly never left for Mesos. */
import type { ClusterMemory } from "../../model/memory.ts";

/**
 * Their task ids stay used up. A crash before this is stored does no harm: Mesos answers the
 * reconciliation of a task that it was never given with TASK_GONE.
 */
export function rollBackLaunchIntents(
  memory: ClusterMemory,
  slots: readonly number[],
): ClusterMemory {
  if (slots.length === 0) return memory;
  const rolledBack = memory.slots.map((s) => (slots.includes(s.slot) ? { ...s, task: null } : s));
  return { ...memory, slots: rolledBack };
}
