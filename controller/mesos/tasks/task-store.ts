/**
 * The one store of what is known of the framework's tasks: the last status of each. Only the
 * scheduler client writes it; each cluster reads its own part.
 *
 * It is durable, because Mesos tells the end of a task once: after the acknowledgement nobody else
 * knows it. Of what a start finds stored only ends are believed. Whatever had not ended is asked
 * for: nothing that waits for an end may take a task that was forgotten for one that is not there.
 */
import { type ClusterKey, clusterOfTask } from "../../model/ids.ts";
import type { ObservedTask } from "../../model/observed.ts";
import type { Clock } from "../../model/ports.ts";
import { taskEnd } from "../../model/task-state.ts";
import type { TaskStatus } from "../wire.ts";
import { takeIn, type TaskEntry } from "./status-rules.ts";

/** Where a task's last status is durable. Every method resolves when it is done on disk. */
export interface TaskFiles {
  save(task: ObservedTask): Promise<void>;
  remove(taskId: string): Promise<void>;
}

export interface TaskRef {
  readonly taskId: string;
  readonly agentId: string | null;
}

/** The launches that the clusters' slots have now, durable since before they were sent. */
export interface LaunchIntents {
  all(): readonly TaskRef[];
  /** Asked at every status, so without a look at all of them. */
  has(taskId: string): boolean;
}

export interface TaskStoreDeps {
  readonly files: TaskFiles;
  /** What the files held at the start. */
  readonly stored: ReadonlyMap<string, ObservedTask>;
  readonly intents: LaunchIntents;
  readonly clock: Clock;
  /** This task is new, has changed or is forgotten. */
  onChange(taskId: string): void;
}

export interface Change {
  /** What the store says now; null: the task is none of ours, and it is not written down. */
  readonly task: ObservedTask | null;
  readonly changed: boolean;
  /** Why the status was not believed. */
  readonly ignored?: string;
  /** The master should be asked what is true. */
  readonly ask?: boolean;
}

/** What a deleted cluster left is looked for now and then. Milliseconds. */
const PRUNE_ALL_MS = 10 * 60 * 1000;
/** For how long a task that ended and that no slot has may stay. Milliseconds. */
const ORPHAN_KEPT_MS = 60 * 60 * 1000;
const ORPHANS_MAX = 1000;
const NONE: ReadonlyMap<string, ObservedTask> = new Map();

export class TaskStore {
  private readonly entries = new Map<string, TaskEntry>();
  /** Of each cluster that has any; never changed in place. */
  private readonly views = new Map<ClusterKey, ReadonlyMap<string, ObservedTask>>();
  /** Stored before this start, and not ended then: what is stored of them may be outdated. */
  private readonly outdated = new Map<string, ObservedTask>();
  private prunedAllAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly deps: TaskStoreDeps) {
    for (const task of deps.stored.values()) {
      if (taskEnd(task.state) === "ended") this.put(firstEntry(task));
      else this.outdated.set(task.taskId, task);
    }
  }

  get(taskId: string): ObservedTask | undefined {
    return this.entries.get(taskId)?.task;
  }

  /**
   * Of what was stored before this start and had not ended, shows the tasks that no slot has. Mesos
   * tells of an orphan late, and of one on a host that is out of sight only when it is asked for
   * it by name; shown before a subscription asks, each of them is waited for. What a slot has is
   * asked for all the same.
   */
  recallOrphans(): void {
    for (const [taskId, task] of this.outdated) {
      if (this.deps.intents.has(taskId)) continue;
      this.outdated.delete(taskId);
      if (!this.entries.has(taskId)) this.changed(firstEntry(task));
    }
  }

  /** The same map until something of this cluster changes; it costs nothing to ask. */
  tasksOf(cluster: ClusterKey): ReadonlyMap<string, ObservedTask> {
    return this.views.get(cluster) ?? NONE;
  }

  /** Tasks that a slot has and whose end is not known. */
  intended(): readonly TaskRef[] {
    return this.deps.intents.all().filter(({ taskId }) => !this.hasEnded(taskId));
  }

  /** Tasks that were heard of and have not ended. */
  open(): readonly TaskRef[] {
    return this.all().filter((task) => taskEnd(task.state) !== "ended");
  }

  /** Tasks that Mesos has lost sight of. */
  doubtful(): readonly TaskRef[] {
    return this.all().filter((task) => taskEnd(task.state) === "uncertain");
  }

  /** Heard of, or in a slot. */
  isKnown(taskId: string): boolean {
    return this.entries.has(taskId) || this.deps.intents.has(taskId);
  }

  /** A launch is about to be sent. Throws when the id was used before. */
  stage(taskId: string, agentId: string): void {
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
      since: this.deps.clock.now(),
    };
    this.changed(firstEntry(task));
  }

  /**
   * What the status changes is seen at once, and durable with {@link save}. Of an orphan, which is
   * a task that no slot has, only signs of life are written down: it can be adopted or killed, and
   * late copies bring back nothing.
   */
  apply(status: TaskStatus): Change {
    const known = this.entries.get(status.task_id.value);
    if (known === undefined && !this.deps.intents.has(status.task_id.value) && !isAlive(status)) {
      return { task: null, changed: false };
    }
    const decision = takeIn(known, status, this.deps.clock.now());
    if (!decision.taken) {
      const { why: ignored, ask } = decision;
      return { task: known?.task ?? null, changed: false, ignored, ask };
    }
    const { task } = decision.entry;
    if (known === undefined || !sameTask(known.task, task)) {
      this.changed(decision.entry);
      return { task, changed: true };
    }
    // Kept as it was when nothing changed, so that whoever compares references sees no change.
    this.entries.set(task.taskId, { ...decision.entry, task: known.task });
    return { task, changed: false };
  }

  /** Resolves when it is durable, or nobody needs it any more: the update may be acknowledged. */
  async save(task: ObservedTask): Promise<void> {
    if (this.entries.has(task.taskId)) await this.deps.files.save(task);
  }

  /** The cluster's memory was stored: ends that no slot of it waits for any more are let go. */
  async prune(cluster: ClusterKey): Promise<void> {
    const now = this.deps.clock.now();
    if (now - this.prunedAllAt < PRUNE_ALL_MS)
      return this.forgetEnds(this.tasksOf(cluster).values());
    this.prunedAllAt = now;
    await this.forgetEnds(this.all());
  }

  /** Lets go of orphans that ended, or that Mesos knows nothing of, some time ago. */
  async pruneOrphans(): Promise<void> {
    const now = this.deps.clock.now();
    const over = this.all()
      .filter(({ taskId }) => !this.deps.intents.has(taskId))
      .filter(({ state }) => taskEnd(state) === "ended" || state === "TASK_UNKNOWN")
      .sort((a, b) => b.since - a.since);
    for (const [index, { taskId, since }] of over.entries()) {
      if (index >= ORPHANS_MAX || now - since > ORPHAN_KEPT_MS) await this.forget(taskId);
    }
  }

  private async forgetEnds(tasks: Iterable<ObservedTask>): Promise<void> {
    for (const { taskId, state } of [...tasks]) {
      if (taskEnd(state) === "ended" && !this.deps.intents.has(taskId)) await this.forget(taskId);
    }
  }

  private async forget(taskId: string): Promise<void> {
    // Before the file: news that come meanwhile are written down, and saved after the removal.
    this.entries.delete(taskId);
    this.show(taskId, null);
    this.deps.onChange(taskId);
    await this.deps.files.remove(taskId);
  }

  private hasEnded(taskId: string): boolean {
    const task = this.get(taskId);
    return task !== undefined && taskEnd(task.state) === "ended";
  }

  private all(): ObservedTask[] {
    return [...this.entries.values()].map(({ task }) => task);
  }

  private changed(entry: TaskEntry): void {
    this.put(entry);
    this.deps.onChange(entry.task.taskId);
  }

  private put(entry: TaskEntry): void {
    this.entries.set(entry.task.taskId, entry);
    this.show(entry.task.taskId, entry.task);
  }

  /** @param task null: it is forgotten */
  private show(taskId: string, task: ObservedTask | null): void {
    const cluster = clusterOfTask(taskId);
    if (cluster === null) return;
    const tasks = new Map(this.views.get(cluster));
    if (task === null) tasks.delete(taskId);
    else tasks.set(taskId, task);
    if (tasks.size === 0) this.views.delete(cluster);
    else this.views.set(cluster, tasks);
  }
}

function firstEntry(task: ObservedTask): TaskEntry {
  return { task, reached: "TASK_STAGING", uuids: [] };
}

function isAlive({ state }: TaskStatus): boolean {
  return taskEnd(state) !== "ended" && state !== "TASK_UNKNOWN";
}

function sameTask(a: ObservedTask, b: ObservedTask): boolean {
  return (Object.keys(a) as (keyof ObservedTask)[]).every((key) => a[key] === b[key]);
}
