/** A node whose agent is of a release too far away for anything to be agreed on. */
import type { Plan } from "../../../controller/plan/input.ts";
import { decide } from "./condition-table.ts";
import type { PlannerRun } from "./run.ts";

export const FAR = { release: "9.0.0", apiVersions: [8, 9] };

/** One reconcile of the run in which these slots' agents answer so. */
export function unsupported(run: PlannerRun, ...slots: readonly number[]): Plan {
  const tasks = run.memory.slots.flatMap((s) => {
    return slots.includes(s.slot) && s.task !== null ? [s.task.taskId] : [];
  });
  const observed = run.world.observed();
  const agents = new Map([...observed.agents].filter(([taskId]) => !tasks.includes(taskId)));
  return decide(run, { agents, unsupported: new Map(tasks.map((taskId) => [taskId, FAR])) });
}
