/** What became of the command that was sent to a host. */
import type { HostTask } from "../../model/host-task.ts";
import { lastKnown, type ObservedTask } from "../../model/observed.ts";
import { taskEnd } from "../../model/task-state.ts";
import type { PlanInput } from "../input.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import { reconciledMesos } from "../view/cluster-view.ts";

/** So long it may take from the launch, on a host that is busy; milliseconds. */
const HOST_TASK_MS_MAX = 60_000;

export function applyHostTask({ observed }: Pick<PlanInput, "observed">, plan: PlanBuilder): void {
  const { hostTask } = plan.memory;
  if (hostTask === null) return;
  const status = lastKnown(observed.mesos)?.tasks.get(hostTask.taskId);
  if (status !== undefined && taskEnd(status.state) === "ended") {
    return endHostTask(hostTask, whyFailed(status), plan);
  }
  const until = hostTask.launchedAt + HOST_TASK_MS_MAX;
  if (plan.now < until) return plan.requeue(until);
  // Whatever of it still runs is killed as a task that nobody has.
  if (reconciledMesos({ observed }) !== null) {
    endHostTask(hostTask, `it did not end within ${HOST_TASK_MS_MAX / 1000} s`, plan);
  }
}

/** A network is there for all slots of that host; an address is one slot's. */
function endHostTask(task: HostTask, outcome: string | null, plan: PlanBuilder): void {
  plan.updateMemory({ hostTask: null });
  for (const { slot, repair } of plan.memory.slots) {
    if (repair === null || repair.work !== task.work || repair.hostname !== task.hostname) continue;
    if (task.work === "CreateNetwork" || slot === task.slot) {
      plan.patchSlot(slot, { repair: { ...repair, state: "tried", outcome } });
    }
  }
  const what = `${WORDS[task.work]} on ${task.hostname}`;
  if (outcome === null) plan.addEvent("Normal", "HostCommandDone", `${what}: done`);
  else plan.addEvent("Warning", "HostCommandFailed", `${what}: ${outcome}`);
}

const WORDS: Readonly<Record<HostTask["work"], string>> = {
  CreateNetwork: "make the network",
  ReleaseAddress: "free an address",
};

function whyFailed({ state, reason, message }: ObservedTask): string | null {
  return state === "TASK_FINISHED" ? null : [state, reason, message].filter(Boolean).join(", ");
}
