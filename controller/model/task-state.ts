/** What a Mesos task state says about the container behind it. */
import type { TaskState } from "../mesos/wire.ts";

const ENDED: ReadonlySet<TaskState> = new Set([
  "TASK_FINISHED",
  "TASK_FAILED",
  "TASK_KILLED",
  "TASK_ERROR",
  "TASK_DROPPED",
  "TASK_GONE",
  "TASK_GONE_BY_OPERATOR",
]);
const UNCERTAIN: ReadonlySet<TaskState> = new Set([
  "TASK_LOST",
  "TASK_UNREACHABLE",
  "TASK_UNKNOWN",
]);

/**
 * - `ended`: it does not run and never will again;
 * - `uncertain`: Mesos cannot tell; the container may run on and may come back (also TASK_LOST);
 * - `alive`: it runs or is about to.
 */
export function taskEnd(state: TaskState): "ended" | "alive" | "uncertain" {
  if (ENDED.has(state)) return "ended";
  return UNCERTAIN.has(state) ? "uncertain" : "alive";
}
