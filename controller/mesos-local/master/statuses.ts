/**
 * The task statuses, field by field as a Mesos 1.12 master, agent and docker executor send them
 * (seen in captured streams). Pure.
 *
 * A status with a `uuid` comes from the agent and must be acknowledged; the master's own have none.
 */
import type { TaskState, TaskStatus } from "../../mesos/wire.ts";
import { isTerminal, taskIdOf, type TaskRecord } from "./model.ts";

/** Address an agent reports where the container's own is not known. */
const AGENT_IP = "127.0.0.1";

export interface Stamp {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Base64 of 16 random bytes. */
  readonly uuid: string;
}

export interface ContainerAddress {
  readonly ip: string;
  readonly networkName: string | null;
}

/** From the docker executor: STARTING, KILLING and the ends. They carry the agent's address. */
export function executorStatus(
  task: TaskRecord,
  state: TaskState,
  message: string | null,
  stamp: Stamp,
): TaskStatus {
  return {
    task_id: task.info.task_id,
    state,
    ...(message === null ? {} : { message }),
    source: "SOURCE_EXECUTOR",
    agent_id: { value: task.agentId },
    executor_id: task.info.task_id,
    timestamp: stamp.now / 1000,
    uuid: stamp.uuid,
    container_status: {
      container_id: { value: task.containerId },
      network_infos: [{ ip_addresses: [{ protocol: "IPv4", ip_address: AGENT_IP }] }],
    },
  };
}

/** RUNNING: the only update with the container's own address and `docker inspect` as `data`. */
export function runningStatus(
  task: TaskRecord,
  address: ContainerAddress | null,
  inspectJson: string,
  stamp: Stamp,
): TaskStatus {
  const ip_addresses = [{ protocol: "IPv4", ip_address: address?.ip ?? AGENT_IP }];
  const name = address?.networkName ?? null;
  return {
    ...executorStatus(task, "TASK_RUNNING", null, stamp),
    data: Buffer.from(inspectJson).toString("base64"),
    container_status: {
      container_id: { value: task.containerId },
      network_infos: [{ ip_addresses, ...(name === null ? {} : { name }) }],
    },
  };
}

/** From the agent itself: the container was never started. */
export function launchFailedStatus(task: TaskRecord, message: string, stamp: Stamp): TaskStatus {
  return {
    task_id: task.info.task_id,
    state: "TASK_FAILED",
    message: `Failed to launch container: ${message}`,
    source: "SOURCE_AGENT",
    reason: "REASON_CONTAINER_LAUNCH_FAILED",
    agent_id: { value: task.agentId },
    executor_id: task.info.task_id,
    timestamp: stamp.now / 1000,
    uuid: stamp.uuid,
  };
}

export interface MasterStatusFields {
  readonly taskId: string;
  readonly agentId: string | null;
  readonly state: TaskState;
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** From the master: errors, reconciliation, lost agents. Never acknowledged. */
export function masterStatus(fields: MasterStatusFields): TaskStatus {
  return {
    task_id: { value: fields.taskId },
    state: fields.state,
    message: fields.message,
    source: "SOURCE_MASTER",
    reason: fields.reason,
    ...(fields.agentId === null ? {} : { agent_id: { value: fields.agentId } }),
    timestamp: fields.now / 1000,
  };
}

/** What the master knows of a task, with the container's address where it has been told one. */
export function latestKnown(
  task: TaskRecord,
  reason: "REASON_RECONCILIATION" | "REASON_AGENT_REREGISTERED",
  message: string,
  now: number,
): TaskStatus {
  const { reported } = task;
  return {
    ...masterStatus({
      taskId: taskIdOf(task),
      agentId: task.agentId,
      state: reportedState(task),
      reason,
      message,
      now,
    }),
    ...(reported?.healthy === undefined ? {} : { healthy: reported.healthy }),
    ...(reported?.container_status === undefined
      ? {}
      : { container_status: reported.container_status }),
  };
}

/** The state in the last update that was forwarded, which the master answers from. */
export function reportedState(task: TaskRecord): TaskState {
  return task.reported?.state ?? "TASK_STAGING";
}

/** The statuses of a task that is over: what an exit code means. */
export function endState(task: TaskRecord, exitCode: number): TaskState {
  if (task.killGraceSeconds !== null) return "TASK_KILLED";
  return exitCode === 0 ? "TASK_FINISHED" : "TASK_FAILED";
}

export function isReportedTerminal(task: TaskRecord): boolean {
  return isTerminal(reportedState(task));
}
