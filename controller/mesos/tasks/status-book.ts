/** Everything that is known of the framework's tasks. No I/O; time comes in as an argument. */
import { type ClusterKey, clusterOfTask } from "../../model/ids.ts";
import type { ObservedTask } from "../../model/observed.ts";
import { taskEnd } from "../../model/task-state.ts";
import type { TaskStatus } from "../wire.ts";
import { takeIn, type TaskEntry } from "./status-rules.ts";

export interface TaskRef {
  readonly taskId: string;
  readonly agentId: string | null;
}

export interface Change {
  /** What the book says now; null: the task is none of ours, and it is not written down. */
  readonly task: ObservedTask | null;
  readonly changed: boolean;
  /** Why the status was not believed. */
  readonly ignored?: string;
  /** The master should be asked what is true. */
  readonly ask?: boolean;
}

/** How long an ended task that nobody remembers stays visible. Milliseconds. */
const STRANGER_KEPT_MS = 60 * 60 * 1000;
const STRANGERS_MAX = 1000;
const NONE: ReadonlyMap<string, ObservedTask> = new Map();

export class StatusBook {
  private readonly entries = new Map<string, TaskEntry>();
  private snapshot: ReadonlyMap<string, ObservedTask> | null = null;
  /** Of each cluster that has any; never changed in place. */
  private readonly byCluster = new Map<ClusterKey, ReadonlyMap<string, ObservedTask>>();

  get(taskId: string): ObservedTask | undefined {
    return this.entries.get(taskId)?.task;
  }

  /** The same map until something changes. */
  tasks(): ReadonlyMap<string, ObservedTask> {
    this.snapshot ??= new Map([...this.entries].map(([id, { task }]) => [id, task]));
    return this.snapshot;
  }

  /** The same map until something of this cluster changes; it costs nothing to ask. */
  tasksOf(cluster: ClusterKey): ReadonlyMap<string, ObservedTask> {
    return this.byCluster.get(cluster) ?? NONE;
  }

  /** Tasks whose end is not known. */
  open(): TaskRef[] {
    return this.filtered((task) => taskEnd(task.state) !== "ended");
  }

  /** Tasks that Mesos has lost sight of. */
  doubtful(): TaskRef[] {
    return this.filtered((task) => taskEnd(task.state) === "uncertain");
  }

  /** A launch is about to be sent. Throws when the id was used before. */
  stage(taskId: string, agentId: string, now: number): void {
    if (this.entries.has(taskId)) throw new Error(`task id ${taskId} is used a second time`);
    const task: ObservedTask = {
      taskId,
      state: "TASK_STAGING",
      agentId,
      ip: null,
      container: null,
      healthy: null,
      reason: null,
      message: null,
      since: now,
    };
    this.put({ task, reached: "TASK_STAGING", uuids: [] });
  }

  /**
   * @param isRemembered whether somebody waits for news of this task; of a stranger only signs of
   *   life are written down, so that it can be adopted or killed, and late copies bring back nothing
   */
  apply(status: TaskStatus, isRemembered: boolean, now: number): Change {
    const known = this.entries.get(status.task_id.value);
    if (known === undefined && !isRemembered && !isWorthKnowing(status)) {
      return { task: null, changed: false };
    }
    const verdict = takeIn(known, status, now);
    if (!verdict.taken) {
      const { why: ignored, ask } = verdict;
      return { task: known?.task ?? null, changed: false, ignored, ask };
    }
    const { task } = verdict.entry;
    const changed = known === undefined || !sameTask(known.task, task);
    // Kept as it was when nothing changed, so that whoever compares references sees no change.
    this.put(changed ? verdict.entry : { ...verdict.entry, task: known.task }, changed);
    return { task, changed };
  }

  forget(taskId: string): boolean {
    const known = this.entries.delete(taskId);
    if (known) this.changed(taskId, null);
    return known;
  }

  /**
   * Lets go of strangers that ended, or that Mesos knows nothing of, some time ago.
   * @returns their ids
   */
  prune(isRemembered: (taskId: string) => boolean, now: number): readonly string[] {
    const strangers = [...this.entries.values()]
      .map(({ task }) => task)
      .filter((t) => !isRemembered(t.taskId))
      .filter((t) => taskEnd(t.state) === "ended" || t.state === "TASK_UNKNOWN")
      .sort((a, b) => b.since - a.since);
    const old = strangers.filter(
      ({ since }, index) => index >= STRANGERS_MAX || now - since > STRANGER_KEPT_MS,
    );
    for (const { taskId } of old) this.forget(taskId);
    return old.map(({ taskId }) => taskId);
  }

  private filtered(wanted: (task: ObservedTask) => boolean): TaskRef[] {
    const tasks = [...this.entries.values()].map(({ task }) => task).filter(wanted);
    return tasks.map(({ taskId, agentId }) => ({ taskId, agentId }));
  }

  private put(entry: TaskEntry, changed = true): void {
    this.entries.set(entry.task.taskId, entry);
    if (changed) this.changed(entry.task.taskId, entry.task);
  }

  /** @param task null: it is forgotten */
  private changed(taskId: string, task: ObservedTask | null): void {
    this.snapshot = null;
    const cluster = clusterOfTask(taskId);
    if (cluster === null) return;
    const tasks = new Map(this.byCluster.get(cluster));
    if (task === null) tasks.delete(taskId);
    else tasks.set(taskId, task);
    if (tasks.size === 0) this.byCluster.delete(cluster);
    else this.byCluster.set(cluster, tasks);
  }
}

function isWorthKnowing({ state }: TaskStatus): boolean {
  return taskEnd(state) !== "ended" && state !== "TASK_UNKNOWN";
}

function sameTask(a: ObservedTask, b: ObservedTask): boolean {
  return (Object.keys(a) as (keyof ObservedTask)[]).every((key) => a[key] === b[key]);
}
