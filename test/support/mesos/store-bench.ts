/** A store of tasks with files and slots that a test can look into, on a clock that it can move. */
import { type Change, TaskStore } from "../../../controller/mesos/tasks/task-store.ts";
import type { TaskStatus } from "../../../controller/mesos/wire.ts";
import type { ObservedTask } from "../../../controller/model/observed.ts";
import { SteppedClock } from "../mesos-local/stepped-clock.ts";

export class StoreBench {
  readonly clock: SteppedClock;
  readonly saved: ObservedTask[] = [];
  readonly removed: string[] = [];
  readonly changed: string[] = [];
  readonly store: TaskStore;
  /** Called before each file is written or removed; may reject. */
  beforeFile: () => Promise<void> = async () => undefined;

  /**
   * @param inSlots ids of the tasks that slots have
   * @param startMs what the clock shows at first
   */
  constructor(
    readonly inSlots: Set<string> = new Set(),
    stored: readonly ObservedTask[] = [],
    startMs = 0,
  ) {
    this.clock = new SteppedClock(startMs);
    this.store = new TaskStore({
      files: {
        save: async (task) => {
          await this.beforeFile();
          this.saved.push(task);
        },
        remove: async (taskId) => {
          await this.beforeFile();
          this.removed.push(taskId);
        },
      },
      stored: new Map(stored.map((task) => [task.taskId, task])),
      intents: {
        all: () => [...inSlots].map((taskId) => ({ taskId, agentId: "agent" })),
        has: (taskId) => inSlots.has(taskId),
      },
      clock: this.clock,
      onChange: (taskId) => void this.changed.push(taskId),
    });
  }

  /** Each status comes a millisecond after the one before. */
  take(...statuses: readonly TaskStatus[]): readonly Change[] {
    return statuses.map((status) => {
      this.clock.advance(1);
      return this.store.apply(status);
    });
  }
}
