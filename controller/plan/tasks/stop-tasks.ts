/** Containers that must not run, and the kills of all that were marked to be ended. */
import type { ObservedTask } from "../../model/observed.ts";
import { isHostTask, isLaunchOf } from "../../model/ids.ts";
import type { SlotMemory } from "../../model/memory.ts";
import { taskEnd } from "../../model/task-state.ts";
import { isSearched } from "./end-orphans.ts";
import { isBackAsAnother } from "./forgotten.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { ClusterView } from "../view/cluster-view.ts";

/** Suspended or deleted: every container goes, the data stays. */
export function stopAll({ view }: PlanContext, plan: PlanBuilder): void {
  const reason = view.deleted ? "the cluster is deleted" : "the cluster is suspended";
  for (const node of view.nodes) plan.killTask(node.slot, reason);
}

/**
 * Launched while there was a quorum that could do without the data on another machine; the quorum
 * is gone now, and the slot goes back to its data.
 */
export function stopMisplaced({ view }: PlanContext, plan: PlanBuilder): void {
  for (const node of view.nodes) {
    if (node.misplaced) plan.killTask(node.slot, "its data is on another host");
  }
}

/**
 * Tasks that bear this cluster's task-id prefix and that no slot remembers: launched by an intent
 * that was given up (a host that came back). Two tasks in one slot would fight over its address.
 */
export function killOrphanedTasks({ view }: PlanContext, plan: PlanBuilder): void {
  const tasks = [...orphanedTasks(view), ...forgottenCommands(view, plan)];
  for (const { taskId, agentId, state } of tasks) {
    if (taskEnd(state) !== "alive") continue;
    plan.addAction({ type: "KillTask", taskId, agentId, reason: "no slot has this task" });
  }
}

/** Commands on hosts that are waited for no more. */
function forgottenCommands(
  { mesos }: ClusterView,
  { memory }: PlanBuilder,
): readonly ObservedTask[] {
  const present = memory.hostTask?.taskId;
  const tasks = [...(mesos?.tasks.values() ?? [])];
  return tasks.filter(({ taskId }) => isHostTask(taskId) && taskId !== present);
}

/**
 * A host that was out of sight for too long is back before its slot was launched elsewhere: two would hold one
 * address. Null: no earlier task of the slot runs, as far as Mesos tells.
 */
export function describeEarlierTask(
  { slot, launches }: Pick<SlotMemory, "slot" | "launches">,
  view: ClusterView,
  { memory }: PlanBuilder,
): string | null {
  const earlier = orphanedTasks(view).find(
    ({ taskId, state }) =>
      taskEnd(state) === "alive" && isLaunchOf(taskId, view.ref, memory.uid, { slot, launches }),
  );
  return earlier === undefined
    ? null
    : `its earlier task ${earlier.taskId} runs still, and is killed`;
}

/** Those that run, and those that may run on on a host that is out of sight. */
export function orphanedTasks(view: ClusterView): readonly ObservedTask[] {
  const { ref, nodes, mesos } = view;
  const prefix = `${ref.namespace}.${ref.name}.`;
  const remembered = new Set(nodes.map((n) => n.task?.taskId));
  return [...(mesos?.tasks.values() ?? [])]
    .filter(
      ({ taskId, state }) =>
        taskId.startsWith(prefix) &&
        !isHostTask(taskId) &&
        !remembered.has(taskId) &&
        taskEnd(state) !== "ended",
    )
    .filter((task) => !isForgotten(task, view));
}

/** It ran where the slot's data lies, and that host is back under another id. */
function isForgotten(
  { agentId, state, taskId }: ObservedTask,
  { nodes, mesos }: ClusterView,
): boolean {
  if (taskEnd(state) === "alive") return false;
  const slot = nodes.find(({ slot: of }) => taskId.split(".").at(-2) === String(of))?.memory;
  const hostname = slot?.lastHostname ?? null;
  if (slot === undefined || !isSearched(slot) || agentId === null || hostname === null)
    return false;
  return (
    agentId === slot.lastAgentId && isBackAsAnother({ agentId, hostname }, mesos?.offers ?? [])
  );
}

/** A KILL that a master lost is repeated by nobody else. */
export function repeatKills(_: PlanContext, plan: PlanBuilder): void {
  for (const { task } of plan.memory.slots) {
    if (task === null || task.killRequestedAt === null) continue;
    const { taskId, agentId } = task;
    plan.addAction({ type: "KillTask", taskId, agentId, reason: task.killReason ?? "stopped" });
  }
}
