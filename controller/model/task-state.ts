/** What a Mesos task state says about the container behind it: the one list of the states. */
import type { TaskState } from "../mesos/wire.ts";

/**
 * - `alive`: it runs or is about to;
 * - `uncertain`: Mesos cannot tell; the container may run on and may come back (also TASK_LOST);
 * - `ended`: it does not run and never will again.
 */
export type TaskEnd = "alive" | "uncertain" | "ended";

const STATES: Readonly<Record<TaskState, TaskEnd>> = {
  TASK_STAGING: "alive",
  TASK_STARTING: "alive",
  TASK_RUNNING: "alive",
  TASK_KILLING: "alive",
  TASK_LOST: "uncertain",
  TASK_UNREACHABLE: "uncertain",
  TASK_UNKNOWN: "uncertain",
  TASK_FINISHED: "ended",
  TASK_FAILED: "ended",
  TASK_KILLED: "ended",
  TASK_ERROR: "ended",
  TASK_DROPPED: "ended",
  TASK_GONE: "ended",
  TASK_GONE_BY_OPERATOR: "ended",
};

export function taskEnd(state: TaskState): TaskEnd {
  return STATES[state];
}

export function isTaskState(text: string): text is TaskState {
  return Object.hasOwn(STATES, text);
}
