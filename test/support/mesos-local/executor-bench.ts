/** The executor alone, on a Docker engine in memory, with everything it reports. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskStatus } from "../../../controller/mesos/wire.ts";
import { DockerExecutor } from "../../../controller/mesos-local/agent/docker-executor.ts";
import type { TaskRecord } from "../../../controller/mesos-local/master/model.ts";
import { Sandboxes } from "../../../controller/mesos-local/agent/sandboxes.ts";
import { TaskReports } from "../../../controller/mesos-local/agent/task-reports.ts";
import { silentLog } from "../silent-log.ts";
import { FakeDockerEngine } from "./fake-docker-engine.ts";
import { type TaskWishes, taskRecord } from "./fixtures.ts";
import { SteppedClock } from "./stepped-clock.ts";

export const DURABLE = Promise.resolve();

export class ExecutorBench {
  readonly docker = new FakeDockerEngine();
  readonly reported: TaskStatus[] = [];
  readonly executor: DockerExecutor;
  /** When what was reported is on disk; a test may withhold it. */
  saved: () => Promise<void> = () => Promise.resolve();

  private constructor(readonly directory: string) {
    const push = (_task: TaskRecord, status: TaskStatus) => this.reported.push(status);
    const reports = new TaskReports(new SteppedClock(), push);
    const sandboxes = new Sandboxes(directory);
    const saved = () => this.saved();
    const { docker } = this;
    const identity = { instanceId: "instance", isRecorded: false };
    this.executor = new DockerExecutor(identity, docker, sandboxes, reports, saved, silentLog);
  }

  static async create(): Promise<ExecutorBench> {
    const bench = new ExecutorBench(await mkdtemp(join(tmpdir(), "mesos-local-executor-")));
    await bench.docker.watchEnds(
      (end) => bench.executor.ended(end),
      () => undefined,
    );
    return bench;
  }

  async remove(): Promise<void> {
    await this.executor.idle();
    await rm(this.directory, { recursive: true });
  }

  get states(): string[] {
    return this.reported.map(({ state }) => state);
  }

  get last(): TaskStatus | undefined {
    return this.reported.at(-1);
  }

  async launched(wishes: TaskWishes = {}, id = "t"): Promise<TaskRecord> {
    const task = taskRecord(id, wishes);
    this.executor.launch(task, DURABLE);
    await this.executor.idle();
    return task;
  }
}
