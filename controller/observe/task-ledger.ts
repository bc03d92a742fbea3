/**
 * The last status of every task that a slot still remembers, durable. Mesos tells the end of a
 * task once; after the acknowledgement only this ledger knows it.
 */
import type { MesosScheduler } from "../mesos/scheduler.ts";
import type { ClusterMemory } from "../model/memory.ts";
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

export class TaskLedger {
  private readonly ended: Map<string, ObservedTask>;

  /** @param stored what the book held at the start */
  constructor(
    private readonly book: TaskBook,
    stored: ReadonlyMap<string, ObservedTask>,
  ) {
    this.ended = new Map([...stored].filter(([, task]) => taskEnd(task.state) === "ended"));
  }

  /** Resolves when it is durable; only then may the update be acknowledged. */
  async save(task: ObservedTask): Promise<void> {
    await this.book.saveTask(task);
    // What Mesos took for gone may come back.
    if (taskEnd(task.state) === "ended") this.ended.set(task.taskId, task);
    else this.ended.delete(task.taskId);
  }

  /** The tasks that Mesos must be asked for: remembered by a slot, and not known to have ended. */
  remembered(memories: Iterable<ClusterMemory>): RememberedTask[] {
    return [...memories]
      .flatMap((memory) => memory.slots.map((s) => s.task))
      .filter((task) => task !== null)
      .filter((task) => !this.ended.has(task.taskId))
      .map(({ taskId, agentId }) => ({ taskId, agentId }));
  }

  /** What Mesos says, with the ends that it has told and forgotten. */
  complete(source: Source<ObservedMesos>): Source<ObservedMesos> {
    if (source.freshness === "unknown" || this.ended.size === 0) return source;
    const tasks = new Map([...this.ended, ...source.value.tasks]);
    return { ...source, value: { ...source.value, tasks } };
  }

  /** Drops what no slot remembers any more. */
  async prune(
    memories: Iterable<ClusterMemory>,
    scheduler: Pick<MesosScheduler, "forget">,
  ): Promise<void> {
    const needed = new Set([...memories].flatMap((m) => m.slots.map((s) => s.task?.taskId)));
    for (const taskId of [...this.ended.keys()]) {
      if (needed.has(taskId)) continue;
      await this.book.forgetTask(taskId);
      this.ended.delete(taskId);
      scheduler.forget(taskId);
    }
  }
}
