/**
 * The one Mesos framework that all clusters share, as each of them sees it: its own tasks, the
 * offers that it waits for, and the events that concern it. What one cluster does here costs the
 * same however many others there are.
 */
import type { MesosChange } from "./mesos/mesos-change.ts";
import { MesosScheduler, type SchedulerOptions } from "./mesos/scheduler.ts";
import { type ClusterKey, clusterOfTask } from "./model/ids.ts";
import type { ClusterMemory } from "./model/memory.ts";
import type { ObservedMesos, ObservedTask, Source } from "./model/observed.ts";
import { type TaskBook, TaskLedger } from "./observe/task-ledger.ts";

export interface MesosShareOptions
  extends Omit<SchedulerOptions, "remembered" | "isRemembered" | "saveStatus" | "onChange"> {
  readonly book: TaskBook;
  /** What the book held at the start. */
  readonly storedTasks: ReadonlyMap<string, ObservedTask>;
  memories(): ReadonlyMap<ClusterKey, ClusterMemory>;
  wake(key: ClusterKey): void;
  wakeAll(): void;
}

/** What a deleted cluster left in the book is looked for now and then. Milliseconds. */
const PRUNE_ALL_MS = 10 * 60 * 1000;

export class MesosShare {
  readonly scheduler: MesosScheduler;
  private readonly ledger: TaskLedger;
  /** Clusters that wait for offers. */
  private readonly demanding = new Set<ClusterKey>();
  /** How often offers have changed, and at which of these changes each cluster last looked. */
  private offerChanges = 0;
  private readonly looked = new Map<ClusterKey, number>();
  private prunedAllAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: MesosShareOptions) {
    this.ledger = new TaskLedger(options.book, options.storedTasks);
    this.scheduler = new MesosScheduler({
      ...options,
      remembered: () => this.ledger.remembered(options.memories()),
      isRemembered: (taskId) => this.ledger.isRemembered(taskId, options.memories()),
      saveStatus: (task) => this.ledger.save(task),
      onChange: (change) => this.wakeWhomItConcerns(change),
    });
  }

  observe(key: ClusterKey): Source<ObservedMesos> {
    this.looked.set(key, this.offerChanges);
    return this.ledger.complete(key, this.scheduler.observe(key));
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
  async remembered(key: ClusterKey): Promise<void> {
    const memories = this.options.memories();
    const now = this.options.clock.now();
    if (now - this.prunedAllAt < PRUNE_ALL_MS) {
      return this.ledger.prune(key, memories.get(key), this.scheduler);
    }
    this.prunedAllAt = now;
    await this.ledger.pruneAll(memories, this.scheduler);
  }

  /** The cluster is deleted, and nothing of it runs. */
  release(key: ClusterKey): void {
    this.demand(key, false);
    this.looked.delete(key);
  }

  private wakeWhomItConcerns(change: MesosChange): void {
    const { options } = this;
    if (change.what === "connection") return options.wakeAll();
    if (change.what === "task") {
      const owner = clusterOfTask(change.taskId);
      if (owner !== null) options.wake(owner);
      return;
    }
    this.offerChanges += 1;
    for (const key of this.demanding) options.wake(key);
  }
}
