/** What happens to a container, as updates of its task. */
import { randomUUID } from "node:crypto";
import type { ContainerInspectInfo } from "dockerode";
import type { TaskStatus } from "../../mesos/wire.ts";
import type { Clock } from "../../model/ports.ts";
import { networkNameOf } from "./container-config.ts";
import { isTerminal, type TaskRecord } from "../master/model.ts";
import {
  type ContainerAddress,
  endState,
  executorStatus,
  launchFailedStatus,
  runningStatus,
  type Stamp,
} from "../master/statuses.ts";

export class TaskReports {
  constructor(
    private readonly clock: Clock,
    private readonly push: (task: TaskRecord, status: TaskStatus) => void,
  ) {}

  starting(task: TaskRecord): void {
    this.report(task, executorStatus(task, "TASK_STARTING", null, this.stamp()));
  }

  running(task: TaskRecord, inspected: ContainerInspectInfo): void {
    // `docker inspect` prints a list of one.
    const data = JSON.stringify([inspected]);
    const address = addressOf(task, inspected);
    this.report(task, runningStatus(task, address, data, this.stamp()));
  }

  /** What was told of a task before this master knew it: its container runs. Nobody is told. */
  known(task: TaskRecord, inspected: ContainerInspectInfo): void {
    const status = runningStatus(task, addressOf(task, inspected), "", this.stamp());
    const { data: _, uuid: __, ...reported } = status;
    task.state = "TASK_RUNNING";
    task.reported = reported;
  }

  killing(task: TaskRecord): void {
    this.report(task, executorStatus(task, "TASK_KILLING", null, this.stamp()));
  }

  /** The container ended. A code that nobody knows is said so. */
  ended(task: TaskRecord, exitCode: number): void {
    const text = Number.isNaN(exitCode) ? "an unknown status" : `status ${exitCode}`;
    this.over(task, `Container exited with ${text}`, exitCode);
  }

  commandRunning(task: TaskRecord): void {
    this.report(task, executorStatus(task, "TASK_RUNNING", null, this.stamp()));
  }

  /** As Mesos's command executor says it. */
  commandEnded(task: TaskRecord, code: number | null, signal: NodeJS.Signals | null): void {
    const message =
      code === null
        ? `Command terminated with signal ${signal}`
        : `Command exited with status ${code}`;
    this.over(task, message, code ?? Number.NaN);
  }

  /** The container is not there any more; nobody saw it end. */
  vanished(task: TaskRecord): void {
    this.over(
      task,
      "Container is gone: it was removed without the agent seeing it end",
      Number.NaN,
    );
  }

  /** A KILL came before the container was started. */
  killedBeforeStart(task: TaskRecord): void {
    this.over(task, "Container was killed before it was started", Number.NaN);
  }

  /** `docker run` failed. */
  runFailed(task: TaskRecord, message: string): void {
    this.over(task, message, Number.NaN);
  }

  /** The agent could not even try. */
  launchFailed(task: TaskRecord, message: string): void {
    this.report(task, launchFailedStatus(task, message, this.stamp()));
  }

  private over(task: TaskRecord, message: string, exitCode: number): void {
    this.report(task, executorStatus(task, endState(task, exitCode), message, this.stamp()));
  }

  private report(task: TaskRecord, status: TaskStatus): void {
    // The end of a task is its last word, whatever else is still under way.
    if (isTerminal(task.state)) return;
    task.state = status.state;
    this.push(task, status);
  }

  private stamp(): Stamp {
    const bytes = Buffer.from(randomUUID().replaceAll("-", ""), "hex");
    return { now: this.clock.now(), uuid: bytes.toString("base64") };
  }
}

function addressOf(task: TaskRecord, inspected: ContainerInspectInfo): ContainerAddress | null {
  const networks = inspected.NetworkSettings?.Networks ?? {};
  const networkName = networkNameOf(task.info);
  const network = new Map(Object.entries(networks)).get(
    networkName ?? Object.keys(networks)[0] ?? "",
  );
  const ip = network?.IPAddress ?? "";
  return ip === "" ? null : { ip, networkName };
}
