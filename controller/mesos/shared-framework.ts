/**
 * The one Mesos framework that all clusters share, as each of them sees it: its own tasks, the
 * offers that it waits for, and the events that concern it. What one cluster does here costs the
 * same however many others there are.
 */
import { type ClusterKey, clusterOfTask } from "../model/ids.ts";
import { type ClusterMemory, launchesOf, memoryOfTask } from "../model/memory.ts";
import type { ObservedMesos, ObservedTask, Source } from "../model/observed.ts";
import { MesosScheduler, type SchedulerOptions } from "./scheduler.ts";
import { type TaskFiles, type TaskRef, TaskStore } from "./tasks/task-store.ts";

export interface SharedFrameworkOptions extends Omit<SchedulerOptions, "tasks" | "onChange"> {
  readonly taskFiles: TaskFiles;
  /** What the files held at the start. */
  readonly storedTasks: ReadonlyMap<string, ObservedTask>;
  memories(): ReadonlyMap<ClusterKey, ClusterMemory>;
  wake(key: ClusterKey): void;
  wakeAll(): void;
}

export class SharedFramework {
  readonly scheduler: MesosScheduler;
  private readonly tasks: TaskStore;
  /** Clusters that wait for offers. */
  private readonly demanding = new Set<ClusterKey>();
  /** How often offers have changed, and at which of these changes each cluster last looked. */
  private offerChanges = 0;
  private readonly looked = new Map<ClusterKey, number>();

  constructor(private readonly options: SharedFrameworkOptions) {
    const { taskFiles, storedTasks, clock } = options;
    this.tasks = new TaskStore({
      files: taskFiles,
      stored: storedTasks,
      intents: {
        all: () => launchesOfAll(options.memories().values()),
        has: (taskId) => memoryOfTask(taskId, options.memories()) !== undefined,
      },
      clock,
      onChange: (taskId) => this.wakeOwner(taskId),
    });
    this.scheduler = new MesosScheduler({
      ...options,
      tasks: this.tasks,
      onChange: (what) => (what === "offers" ? this.wakeDemanding() : options.wakeAll()),
    });
  }

  observe(key: ClusterKey): Source<ObservedMesos> {
    this.looked.set(key, this.offerChanges);
    return this.scheduler.observe(key);
  }

  /** The scheduler asks for offers as long as one cluster waits for some. */
  demand(key: ClusterKey, wanted: boolean): void {
    if (!wanted) this.demanding.delete(key);
    else if (!this.demanding.has(key)) {
      this.demanding.add(key);
      // Between its look and now it was not told of any.
      if (this.looked.get(key) !== this.offerChanges) this.options.wake(key);
    }
    this.scheduler.setDemand(this.demanding.size > 0);
  }

  /** The cluster's memory was stored: ends that it needs no more are let go. */
  memoryStored(key: ClusterKey): Promise<void> {
    return this.tasks.prune(key);
  }

  /** The cluster is deleted, and nothing of it runs. */
  release(key: ClusterKey): void {
    this.demand(key, false);
    this.looked.delete(key);
  }

  private wakeOwner(taskId: string): void {
    const owner = clusterOfTask(taskId);
    if (owner !== null) this.options.wake(owner);
  }

  private wakeDemanding(): void {
    this.offerChanges += 1;
    for (const key of this.demanding) this.options.wake(key);
  }
}

function launchesOfAll(memories: Iterable<ClusterMemory>): readonly TaskRef[] {
  return [...memories].flatMap(launchesOf);
}
