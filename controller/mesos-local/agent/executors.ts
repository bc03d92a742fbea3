/** Who runs a task: Docker where it is a container, a shell where it is no more than a command. */
import type { TaskRecord } from "../master/model.ts";
import type { CommandExecutor } from "./command-executor.ts";
import type { DockerExecutor } from "./docker-executor.ts";

export class Executors {
  constructor(
    private readonly docker: DockerExecutor,
    private readonly commands: CommandExecutor,
  ) {}

  /** @param durable the launch is on disk; nothing is begun before */
  launch(task: TaskRecord, durable: Promise<void>): void {
    this.of(task).launch(task, durable);
  }

  kill(task: TaskRecord): void {
    this.of(task).kill(task);
  }

  discard(task: TaskRecord, graceSeconds: number): Promise<void> {
    return this.of(task).discard(task, graceSeconds);
  }

  /** After a start and after each reconnection to Docker. */
  async synchronize(tasks: readonly TaskRecord[]): Promise<void> {
    this.commands.synchronize(tasks.filter(isCommand));
    await this.docker.synchronize(tasks.filter((task) => !isCommand(task)));
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await Promise.all([this.docker.idle(), this.commands.idle()]);
  }

  private of(task: TaskRecord): DockerExecutor | CommandExecutor {
    return isCommand(task) ? this.commands : this.docker;
  }
}

function isCommand({ info }: TaskRecord): boolean {
  return info.container === undefined;
}
