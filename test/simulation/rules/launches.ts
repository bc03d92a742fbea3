/** A container is launched where, and when, it can do no harm (docs/ARCHITECTURE.md, 8). */
import type { Action } from "../../../controller/model/action.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { type BrokenRule, majorityOf, type Sight } from "./sight.ts";

export function brokenByLaunch(
  action: Action,
  before: ClusterMemory,
  sight: Sight,
): readonly BrokenRule[] {
  if (action.type !== "LaunchTasks") return [];
  const found: BrokenRule[] = [];
  if (!sight.mesosAnswered) {
    const what = `slots ${action.slots.join(", ")} are launched before Mesos has answered`;
    found.push({ rule: "unknown is not absent", what });
  }
  action.slots.forEach((slot, i) => {
    const memory = before.slots.find((s) => s.slot === slot);
    const agentId = action.tasks[i]?.agent_id.value;
    const hostname = sight.hostnames.get(agentId ?? "");
    if (!leavesItsData(memory, agentId, hostname, before)) return;
    if (sight.gone.has(memory?.task?.taskId ?? "")) return;
    const quorate = sight.members !== null && sight.following.size >= majority(sight);
    if (quorate) return;
    const what = `slot ${slot} is launched on ${agentId}, its data is on ${memory?.lastAgentId}`;
    found.push({ rule: "data is waited for without a quorum", what });
  });
  return found;
}

function majority(sight: Sight): number {
  return majorityOf(sight.voters.length);
}

function leavesItsData(
  slot: ClusterMemory["slots"][number] | undefined,
  agentId: string | undefined,
  hostname: string | undefined,
  { cluster, recovery }: ClusterMemory,
): boolean {
  if (slot === undefined || slot.lastAgentId === null) return false;
  // With what was asked for, what lies anywhere is void in this very reconcile.
  if (recovery.requested !== null) return false;
  if (slot.lastHostname !== null && slot.lastHostname === hostname) return false;
  return cluster.spec.etcd.dataVolume === "local" && slot.lastAgentId !== agentId;
}
