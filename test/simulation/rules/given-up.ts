/** A node that answers is not given up because Mesos has lost sight of it (docs/decisions/0038). */
import type { ClusterMemory, SlotTask } from "../../../controller/model/memory.ts";
import { agentOf, type BrokenRule, type Sight } from "./sight.ts";

export function brokenByGivingUp(
  before: ClusterMemory,
  after: ClusterMemory,
  sight: Sight,
): readonly BrokenRule[] {
  // Its file was removed and came back: another cluster of the same name.
  if (after.uid !== before.uid) return [];
  return before.slots.flatMap(({ slot, task }) => {
    if (task === null || task.killRequestedAt !== null || !sight.lost.has(task.taskId)) return [];
    const stays = after.slots.some((s) => s.task?.taskId === task.taskId);
    if (stays || agentOf(sight, slot) === null || isBackAsAnother(task, sight)) return [];
    return [{ rule: "a node that answers is not given up", what: `slot ${slot}, ${task.taskId}` }];
  });
}

function isBackAsAnother({ agentId, hostname }: SlotTask, { hostnames }: Sight): boolean {
  return [...hostnames].some(([agent, host]) => host === hostname && agent !== agentId);
}
