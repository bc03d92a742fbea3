/**
 * The leader's mount of the shared storage is dead while others have theirs: JupyterLab there serves
 * what is not the users' files. Its agent mounts it anew where that can help (a killed client in a
 * second, a stopped one in some ten); if it stays dead, leadership goes to a node that has it.
 *
 * Only its own fault moves it: where most nodes lack the storage the servers are away, and no node is
 * better than another.
 */
import type { QuorateContext } from "../guards.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import { moveLeaderAway } from "../update/move-leader.ts";
import type { NodeView } from "../view/node-view.ts";
import { ownFaults } from "./readiness.ts";

/** What an agent mends by itself takes less. Milliseconds. */
export const DEAD_STORAGE_MAX_MS = 30_000;
/** Between two such moves: where mounts die in turn, moving on and on helps nobody. Milliseconds. */
export const MOVE_STORAGE_EVERY_MS = 5 * 60_000;

/** The clock is durable, and goes on while its agent is out of sight: that is no sign of life. */
export function watchStorage({ view }: PlanContext, plan: PlanBuilder): void {
  for (const node of view.nodes) {
    const since = node.task?.storageDeadSince ?? null;
    const lacks = node.leads && lacksStorage(node);
    const isOver = !node.leads || hasStorage(node);
    if (lacks && since === null) plan.patchTask(node.slot, { storageDeadSince: plan.now });
    if (isOver && since !== null) plan.patchTask(node.slot, { storageDeadSince: null });
  }
}

export function leaveDeadStorage({ view }: QuorateContext, plan: PlanBuilder): void {
  const leader = view.nodes.find((n) => n.leads && n.desired);
  if (leader === undefined || !lacksStorage(leader)) return;
  // Whoever else moves leadership in this plan has a reason of its own.
  if (plan.actions.some((a) => a.type === "MoveLeader")) return;
  const wanted = view.nodes.filter((n) => n.desired);
  if (2 * wanted.filter(hasStorage).length < wanted.length) return;
  const { leftStorageAt } = plan.memory;
  const deadSince = leader.task?.storageDeadSince ?? plan.now;
  const mayAt = leftStorageAt === null ? 0 : leftStorageAt + MOVE_STORAGE_EVERY_MS;
  const dueAt = Math.max(deadSince + DEAD_STORAGE_MAX_MS, mayAt);
  if (plan.now < dueAt) return plan.requeue(dueAt);
  const why = `the shared storage is not there: ${leader.agent?.storage.message ?? "unknown"}`;
  const before = plan.actions.length;
  moveLeaderAway(leader, view, plan, (node) => ownFaults(node, view).length === 0, why);
  if (plan.actions.length > before) plan.updateMemory({ leftStorageAt: plan.now });
}

/** Its agent says so; of one that is out of sight nothing is known. */
function lacksStorage({ agent }: NodeView): boolean {
  return agent !== null && !agent.storage.ready;
}

function hasStorage({ agent }: NodeView): boolean {
  return agent?.storage.ready === true;
}
