/**
 * The last status of every task that a slot still remembers, durable. Mesos tells the end of a
 * task once; after the acknowledgement only this ledger knows it. Kept by cluster, so that what one
 * cluster asks of it costs the same however many there are.
 */
import type { MesosScheduler } from "../mesos/scheduler.ts";
import { type ClusterKey, clusterOfTask } from "../model/ids.ts";
import { type ClusterMemory, memoryOfTask } from "../model/memory.ts";
import type { ObservedMesos, ObservedTask, Source } from "../model/observed.ts";
import { taskEnd } from "../model/task-state.ts";

/** Where it is durable. */
export interface TaskBook {
  saveTask(task: ObservedTask): Promise<void>;
  forgetTask(taskId: string): Promise<void>;
}

export interface RememberedTask {
  readonly taskId: string;
  readonly agentId: string;
}

type Memories = ReadonlyMap<ClusterKey, ClusterMemory>;

/** Of tasks whose ids are none of ours. */
const NOBODY = "";

export class TaskLedger {
  private readonly ended = new Map<ClusterKey, Map<string, ObservedTask>>();

  /** @param stored what the book held at the start */
  constructor(
    private readonly book: TaskBook,
    stored: ReadonlyMap<string, ObservedTask>,
  ) {
    for (const task of stored.values()) if (taskEnd(task.state) === "ended") this.add(task);
  }

  /** Resolves when it is durable; only then may the update be acknowledged. */
  async save(task: ObservedTask): Promise<void> {
    await this.book.saveTask(task);
    // What Mesos took for gone may come back.
    if (taskEnd(task.state) === "ended") this.add(task);
    else this.drop(task.taskId);
  }

  /** The tasks that Mesos must be asked for: remembered by a slot, and not known to have ended. */
  remembered(memories: Memories): RememberedTask[] {
    return [...memories.values()]
      .flatMap((memory) => memory.slots.map((s) => s.task))
      .filter((task) => task !== null)
      .filter((task) => !this.hasEnded(task.taskId))
      .map(({ taskId, agentId }) => ({ taskId, agentId }));
  }

  /** Whether {@link remembered} has it. */
  isRemembered(taskId: string, memories: Memories): boolean {
    return memoryOfTask(taskId, memories) !== undefined && !this.hasEnded(taskId);
  }

  /** What Mesos says of a cluster, with the ends that it has told and forgotten. */
  complete(cluster: ClusterKey, source: Source<ObservedMesos>): Source<ObservedMesos> {
    const ended = this.ended.get(cluster);
    if (source.freshness === "unknown" || ended === undefined) return source;
    const tasks = new Map([...ended, ...source.value.tasks]);
    return { ...source, value: { ...source.value, tasks } };
  }

  /** Drops what no slot of the cluster remembers any more. */
  async prune(
    cluster: ClusterKey,
    memory: ClusterMemory | undefined,
    scheduler: Pick<MesosScheduler, "forget">,
  ): Promise<void> {
    for (const taskId of [...(this.ended.get(cluster)?.keys() ?? [])]) {
      if (isNeeded(taskId, memory)) continue;
      await this.book.forgetTask(taskId);
      this.drop(taskId);
      scheduler.forget(taskId);
    }
  }

  /** As {@link prune}, of every cluster that there is or was. */
  async pruneAll(memories: Memories, scheduler: Pick<MesosScheduler, "forget">): Promise<void> {
    for (const cluster of [...this.ended.keys()]) {
      await this.prune(cluster, memories.get(cluster), scheduler);
    }
  }

  private hasEnded(taskId: string): boolean {
    return this.ended.get(ownerOf(taskId))?.has(taskId) === true;
  }

  private add(task: ObservedTask): void {
    const owner = ownerOf(task.taskId);
    const tasks = this.ended.get(owner) ?? new Map<string, ObservedTask>();
    this.ended.set(owner, tasks.set(task.taskId, task));
  }

  private drop(taskId: string): void {
    const owner = ownerOf(taskId);
    const tasks = this.ended.get(owner);
    tasks?.delete(taskId);
    if (tasks?.size === 0) this.ended.delete(owner);
  }
}

function ownerOf(taskId: string): ClusterKey {
  return clusterOfTask(taskId) ?? NOBODY;
}

function isNeeded(taskId: string, memory: ClusterMemory | undefined): boolean {
  return memory?.slots.some((s) => s.task?.taskId === taskId) === true;
}
