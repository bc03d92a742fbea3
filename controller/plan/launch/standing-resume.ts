/**
 * Whether a launch brings the order to resume along. The rule is that of the start command which its
 * agent would be given, had it told already that the slot's data is there (view/data-ownership.ts).
 */
import type { SlotMemory } from "../../model/memory.ts";
import {
  resumeCommandId,
  STANDING_MS_MAX,
  type StandingResume,
} from "../../model/standing-resume.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { dataLocation, isAt } from "../view/data-location.ts";
import { losesItsVote } from "../view/spare-slot.ts";

/** @returns null: the agent is to wait until it is told */
export function standingResume(
  slot: SlotMemory,
  launch: { readonly taskId: string; readonly agentId: string; readonly hostname: string },
  { spec, etcd, clusterId, nodes }: ClusterView,
  { memory: { recovery }, now }: PlanBuilder,
): StandingResume | null {
  const { memberId } = slot;
  const location = dataLocation(slot, spec);
  if (clusterId === null || memberId === null) return null;
  if (location === null || !isAt(location, launch)) return null;
  // Who is a member is being decided.
  if (recovery.inProgress !== null || recovery.requested !== null) return null;
  if (recovery.pendingVoterChange === slot.slot) return null;
  if (nodes.some((n) => n.slot === slot.slot && losesItsVote(n, etcd))) return null;
  if (etcd.members !== null && !etcd.members.some((m) => m.id === memberId)) return null;
  const commandId = resumeCommandId(launch.taskId);
  return { commandId, clusterId, memberId, notAfter: now + STANDING_MS_MAX };
}
