/** Takes back the intents of launches that certainly never left for Mesos. */
import type { ClusterMemory, SlotMemory } from "../../model/memory.ts";

/**
 * Their task ids stay used up. A crash before this is stored does no harm: Mesos answers the
 * reconciliation of a task that it was never given with TASK_GONE.
 */
export function rollBackLaunchIntents(
  memory: ClusterMemory,
  taskIds: readonly string[],
): ClusterMemory {
  if (taskIds.length === 0) return memory;
  const isBack = (task: { readonly taskId: string } | null) =>
    task !== null && taskIds.includes(task.taskId);
  const { hostTask } = memory;
  const slots = memory.slots.map((s) => (isBack(s.task) ? { ...s, task: null } : s));
  if (!isBack(hostTask)) return { ...memory, slots };
  return { ...memory, hostTask: null, slots: slots.map((s) => askAgain(s, hostTask?.slot)) };
}

function askAgain(slot: SlotMemory, asker: number | undefined): SlotMemory {
  if (slot.slot !== asker || slot.repair === null) return slot;
  return { ...slot, repair: { ...slot.repair, state: "wanted" } };
}
