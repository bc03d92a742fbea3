/**
 * A task as its container's label tells it, so that a master that did not launch it learns of it
 * from the engine, as a master of Mesos does from an agent that registers again.
 */
import type { TaskInfo } from "../../mesos/wire.ts";
import type { TaskRecord } from "../master/model.ts";

type Recorded = Pick<TaskRecord, "frameworkId" | "agentId" | "containerId" | "role"> & {
  readonly info: TaskInfo;
};

export function recordText({ frameworkId, agentId, containerId, role, info }: TaskRecord): string {
  const recorded: Recorded = { frameworkId, agentId, containerId, role, info };
  return JSON.stringify(recorded);
}

/** As it is before its container was looked at. */
export function recordedTask(text: string): TaskRecord {
  const recorded = JSON.parse(text) as Recorded;
  return {
    ...recorded,
    state: "TASK_STAGING",
    killGraceSeconds: null,
    pending: [],
    reported: null,
    unreachableSince: null,
  };
}
