/** What a Mesos task state says about the task's life. */
import type { TaskState } from "../mesos/wire.ts";
import { assertNever } from "./errors.ts";

/**
 * - `ended`: nothing of this launch runs any more, or it never ran;
 * - `alive`: it runs, or is on its way;
 * - `uncertain`: Mesos has lost sight of it. The container may run on and come back as
 *   TASK_RUNNING, so nothing destructive may rest on it before a wait.
 */
export type TaskEnd = "ended" | "alive" | "uncertain";

/** TASK_LOST is not final: Mesos sends TASK_RUNNING when the agent comes back. */
export function taskEnd(state: TaskState): TaskEnd {
  switch (state) {
    case "TASK_STAGING":
    case "TASK_STARTING":
    case "TASK_RUNNING":
    case "TASK_KILLING":
      return "alive";
    case "TASK_LOST":
    case "TASK_UNREACHABLE":
    case "TASK_UNKNOWN":
      return "uncertain";
    case "TASK_FINISHED":
    case "TASK_FAILED":
    case "TASK_KILLED":
    case "TASK_ERROR":
    case "TASK_DROPPED":
    case "TASK_GONE":
    case "TASK_GONE_BY_OPERATOR":
      return "ended";
    default:
      return assertNever(state);
  }
}
