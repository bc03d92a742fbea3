/** What the master holds in memory: agents, frameworks, tasks. Only {@link snapshot} is durable. */
import type { RefusalFilter } from "./allocator.ts";
import type { CheckpointState } from "./checkpoint.ts";
import type { EventStream } from "../http/event-stream.ts";
import {
  type AgentRecord,
  type FrameworkRecord,
  isTerminal,
  taskIdOf,
  taskKey,
  type TaskRecord,
} from "./model.ts";
import { type Amounts, amountsOf, sum } from "./resources.ts";

/** Ids of removed frameworks that are remembered. */
const REMOVED_MAX = 1000;

export interface Framework {
  readonly record: FrameworkRecord;
  /** null while no scheduler is subscribed. */
  stream: EventStream | null;
  suppressed: boolean;
  filters: RefusalFilter[];
  /** Set while the failover timeout runs. */
  cancelFailover: (() => void) | null;
}

export class Registry {
  readonly agents: ReadonlyMap<string, AgentRecord>;
  readonly frameworks = new Map<string, Framework>();
  /** Tasks that were torn down and whose containers are not gone yet. */
  readonly draining = new Set<TaskRecord>();
  private readonly tasks = new Map<string, TaskRecord>();
  private readonly removed: string[];

  /** @param masterId new at each start, as of a master that failed over; prefixes new ids */
  constructor(
    readonly masterId: string,
    readonly instanceId: string,
    agents: readonly AgentRecord[],
    state: Pick<CheckpointState, "frameworks" | "removedFrameworks" | "tasks">,
  ) {
    this.agents = new Map(agents.map((agent) => [agent.id, agent]));
    this.removed = [...state.removedFrameworks];
    for (const record of state.frameworks) this.addFramework(record);
    for (const task of state.tasks) this.addTask(task);
  }

  addFramework(record: FrameworkRecord): Framework {
    const framework: Framework = {
      record,
      stream: null,
      suppressed: false,
      filters: [],
      cancelFailover: null,
    };
    this.frameworks.set(record.id, framework);
    return framework;
  }

  /** The id is dead from now on. */
  removeFramework(id: string): void {
    this.frameworks.delete(id);
    this.removed.push(id);
    this.removed.splice(0, this.removed.length - REMOVED_MAX);
  }

  isRemoved(frameworkId: string): boolean {
    return this.removed.includes(frameworkId);
  }

  addTask(task: TaskRecord): void {
    this.tasks.set(taskKey(task.frameworkId, taskIdOf(task)), task);
  }

  /** Also one that is being torn down. */
  isKnown({ frameworkId, info, containerId }: TaskRecord): boolean {
    if (this.task(frameworkId, info.task_id.value) !== undefined) return true;
    return [...this.draining].some((task) => task.containerId === containerId);
  }

  task(frameworkId: string, taskId: string): TaskRecord | undefined {
    return this.tasks.get(taskKey(frameworkId, taskId));
  }

  deleteTask(task: TaskRecord): void {
    this.tasks.delete(taskKey(task.frameworkId, taskIdOf(task)));
  }

  allTasks(): TaskRecord[] {
    return [...this.tasks.values()];
  }

  tasksOf(frameworkId: string): TaskRecord[] {
    return this.allTasks().filter((task) => task.frameworkId === frameworkId);
  }

  /** Used by tasks that are not over, and by those that are being torn down. */
  used(matches: (task: TaskRecord) => boolean): Amounts {
    const live = this.allTasks().filter((task) => !isTerminal(task.state));
    const using = [...live, ...this.draining].filter(matches);
    // Checked when the task was accepted, so it is never a sentence here.
    return sum(using.map((task) => amountsOf(task.info.resources) as Amounts));
  }

  snapshot(): CheckpointState {
    return {
      instanceId: this.instanceId,
      agents: [...this.agents.values()],
      frameworks: [...this.frameworks.values()].map((framework) => framework.record),
      removedFrameworks: this.removed,
      tasks: this.allTasks(),
    };
  }
}
