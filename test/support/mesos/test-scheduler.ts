/** A scheduler with a memory that a test can look into, on a clock that a test can move. */
import { MesosScheduler, type SchedulerOptions } from "../../../controller/mesos/scheduler.ts";
import { TaskStore } from "../../../controller/mesos/tasks/task-store.ts";
import type { ObservedMesos, ObservedTask, Source } from "../../../controller/model/observed.ts";
import { lastKnown } from "../../../controller/model/observed.ts";
import { parseHostPort } from "../../../controller/support/host-port.ts";
import { SteppedClock } from "../mesos-local/stepped-clock.ts";
import { until } from "../poll.ts";
import { silentLog } from "../silent-log.ts";

export const FRAMEWORK = {
  name: "test",
  user: "root",
  role: "*",
  failoverTimeoutSeconds: 604_800,
};

export class TestScheduler {
  readonly clock = new SteppedClock();
  readonly remembered: { taskId: string; agentId: string }[];
  readonly savedIds: string[] = [];
  readonly savedTasks: ObservedTask[] = [];
  readonly removedTasks: string[] = [];
  changes = 0;
  /** Called before each status is saved; may reject. */
  beforeSave: () => Promise<void> = async () => undefined;
  readonly tasks: TaskStore;
  readonly scheduler: MesosScheduler;

  constructor(
    masters: readonly string[],
    options: Partial<SchedulerOptions> = {},
    remembered: readonly { taskId: string; agentId: string }[] = [],
  ) {
    this.remembered = [...remembered];
    const onChange = () => {
      this.changes += 1;
    };
    this.tasks = new TaskStore({
      files: {
        save: async (task) => {
          await this.beforeSave();
          this.savedTasks.push(task);
        },
        remove: async (taskId) => void this.removedTasks.push(taskId),
      },
      stored: new Map(),
      intents: {
        all: () => this.remembered,
        has: (taskId) => this.remembered.some((task) => task.taskId === taskId),
      },
      clock: this.clock,
      onChange,
    });
    this.scheduler = new MesosScheduler({
      masters: masters.map(parseHostPort),
      framework: FRAMEWORK,
      frameworkId: null,
      clock: this.clock,
      log: silentLog,
      random: () => 0,
      tasks: this.tasks,
      saveFrameworkId: async (id) => {
        this.savedIds.push(id);
      },
      onChange,
      ...options,
    });
  }

  observe(): Source<ObservedMesos> {
    return this.scheduler.observe("default/test");
  }

  get mesos(): ObservedMesos | undefined {
    return lastKnown(this.observe());
  }

  get freshness(): string {
    return this.observe().freshness;
  }

  task(taskId: string): ObservedTask | undefined {
    return this.tasks.get(taskId);
  }

  /** Time passes, in small steps, until it is so. */
  async passUntil<T>(
    what: string,
    probe: () => T | null | undefined | false,
    stepMs = 50,
  ): Promise<T> {
    return until(what, () => {
      const value = probe();
      if (value !== null && value !== undefined && value !== false) return value;
      this.clock.advance(stepMs);
      return null;
    });
  }
}
