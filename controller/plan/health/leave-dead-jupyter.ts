/**
 * The leader's JupyterLab is dead while its container lives: stopped, or deaf on its port. Its agent
 * will kill it and start it again; where another node's answers already, leadership goes there sooner.
 *
 * One that runs and is only busy stays where it is, however long: its kernels are on its node, and a
 * move would take them from their user (docs/decisions/0012).
 */
import type { QuorateContext } from "../guards.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import { moveLeaderAway } from "../update/move-leader.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { ownFaults } from "./readiness.ts";

/** Dead for longer than this is no pause. Milliseconds. */
export const DEAD_MAX_MS = 5_000;
/** Between two such moves: what ails all of them is not mended by moving on and on. Milliseconds. */
export const MOVE_EVERY_MS = 60_000;

/** The clock is durable, so that a restart of the controller does not start anew. */
export function watchJupyter({ view }: PlanContext, plan: PlanBuilder): void {
  for (const node of view.nodes) {
    const since = node.task?.jupyterDeadSince ?? null;
    const dead = node.leads && isJupyterDead(node);
    if (dead && since === null) plan.patchTask(node.slot, { jupyterDeadSince: plan.now });
    if (!dead && since !== null) plan.patchTask(node.slot, { jupyterDeadSince: null });
  }
}

export function leaveDeadJupyter({ view }: QuorateContext, plan: PlanBuilder): void {
  const leader = view.nodes.find((n) => n.leads && n.desired);
  if (leader === undefined || !isJupyterDead(leader)) return;
  // Whoever else moves leadership in this plan has a reason of its own.
  if (plan.actions.some((a) => a.type === "MoveLeader")) return;
  const { leftJupyterAt } = plan.memory;
  const deadSince = leader.task?.jupyterDeadSince ?? plan.now;
  const mayAt = leftJupyterAt === null ? 0 : leftJupyterAt + MOVE_EVERY_MS;
  const dueAt = Math.max(deadSince + DEAD_MAX_MS, mayAt);
  if (plan.now < dueAt) return plan.requeue(dueAt);
  const before = plan.actions.length;
  moveLeaderAway(leader, view, plan, (node) => isStandby(node, view));
  if (plan.actions.length > before) plan.updateMemory({ leftJupyterAt: plan.now });
}

function isJupyterDead({ agent }: NodeView): boolean {
  const how = agent?.units.jupyter.silent?.how;
  return how === "stopped" || how === "refused";
}

/**
 * It lacks nothing, and its JupyterLab answers. How far its log is etcd looks after itself: it hands
 * over to nobody who has not all of it.
 */
function isStandby(node: NodeView, view: ClusterView): boolean {
  return node.agent?.units.jupyter.ready === true && ownFaults(node, view).length === 0;
}
