/** What the embedded Mesos remembers. Everything here is checkpointed, see checkpoint.ts. */
import type {
  ContainerInfo,
  FrameworkInfo,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../../mesos/wire.ts";
import { taskEnd } from "../../model/task-state.ts";
import type { PortRange } from "./resources.ts";

/** An agent of this master: a Docker engine, or a share of one, under a name of its own. */
export interface AgentRecord {
  readonly id: string;
  readonly hostname: string;
  readonly cpus: number;
  readonly memMiB: number;
  readonly diskMiB: number;
  readonly ports: readonly PortRange[];
  readonly attributes: Readonly<Record<string, string>>;
}

export interface FrameworkRecord {
  readonly id: string;
  /** Whose it is, see caller.ts. */
  readonly owner: string;
  info: FrameworkInfo;
}

export interface TaskRecord {
  readonly frameworkId: string;
  readonly agentId: string;
  readonly info: TaskInfo;
  /** The executor's container id; the Docker container is `mesos-<containerId>`. */
  readonly containerId: string;
  /** Role that the resources were allocated to. */
  readonly role: string;
  /** The state the container is in; the framework may not have heard of it yet. */
  state: TaskState;
  /** A KILL came: however the container ends, it was killed. Grace in seconds. */
  killGraceSeconds: number | null;
  /** Status updates not yet acknowledged, oldest first; only the first is ever under way. */
  pending: TaskStatus[];
  /** The last status that was forwarded; reconciliation answers from it. */
  reported: TaskStatus | null;
  /** Set while the agent is unreachable. Milliseconds since the epoch. */
  unreachableSince: number | null;
}

/** A master lets go of a task that it has lost, as of one that has ended. */
export function isTerminal(state: TaskState): boolean {
  return state === "TASK_LOST" || taskEnd(state) === "ended";
}

export function hasCapability(info: FrameworkInfo, type: string): boolean {
  return info.capabilities?.some((capability) => capability.type === type) ?? false;
}

/** The role a framework's resources are allocated to. */
export function roleOf(info: FrameworkInfo): string {
  return info.roles?.[0] ?? info.role ?? "*";
}

export function taskKey(frameworkId: string, taskId: string): string {
  return `${frameworkId}/${taskId}`;
}

/** Of the sandbox of a task's executor: a Docker task's executor has the task's id. */
export function executorPathOf(task: TaskRecord): string {
  return executorPath(task.frameworkId, taskIdOf(task));
}

export function executorPath(frameworkId: string, executorId: string): string {
  return `${frameworkId}/${executorId}`;
}

/** Of a task that is to be a container; Docker runs no other. */
export function containerOf({ container, task_id }: TaskInfo): ContainerInfo {
  if (container === undefined) throw new Error(`task ${task_id.value} is no container`);
  return container;
}

export function taskIdOf(task: TaskRecord): string {
  return task.info.task_id.value;
}

export function dockerName(containerId: string): string {
  return `mesos-${containerId}`;
}
