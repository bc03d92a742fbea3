/** The tasks of a cheap Mesos site: launched, told of until that is acknowledged, ended. */
import type { Id, TaskInfo, TaskState, TaskStatus } from "../../../controller/mesos/wire.ts";
import { containerOf } from "../../../controller/mesos-local/master/model.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import { taskEnd } from "../../../controller/model/task-state.ts";
import type { Rng } from "../engine/rng.ts";
import type { Amount } from "../mesos/allocator.ts";
import { bareStatus } from "../mesos/statuses.ts";
import type { HostedTask, MesosHost } from "./mesos-hosts.ts";

export interface CheapTasksOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /** To the scheduler. */
  tell(status: TaskStatus): void;
  /** This host has something back. */
  onFreed(host: MesosHost): void;
  /** Its container runs from now on. */
  onStarted(taskId: string, agentId: string): void;
  /** Mesos ends it. */
  onKilled(taskId: string): void;
}

/** From the launch to the container's process, with an image that is there. Milliseconds. */
const START_MS = { min: 600, max: 1_500 };
const EXECUTOR_MS = 150;
/** An agent repeats what is not acknowledged. */
const REPEAT_MS = 10_000;

export class CheapTasks {
  /** Every task that is not forgotten, by id. */
  private readonly tasks = new Map<string, HostedTask>();
  private nextUuid = 0;

  constructor(private readonly options: CheapTasksOptions) {}

  launch(host: MesosHost, info: TaskInfo, amount: Amount): void {
    const { clock, rng } = this.options;
    const taskId = info.task_id.value;
    const task: HostedTask = { info, host, amount, state: "TASK_STAGING", unacknowledged: [] };
    host.take(amount);
    host.tasks.set(taskId, task);
    this.tasks.set(taskId, task);
    clock.after(EXECUTOR_MS, () => this.update(task, "TASK_STARTING", {}));
    clock.after(EXECUTOR_MS + rng.integer(START_MS.min, START_MS.max), () => {
      if (taskEnd(task.state) === "ended" || !host.up) return;
      this.update(task, "TASK_RUNNING", { container_status: containerStatus(info) });
      this.options.onStarted(taskId, host.agentId);
    });
  }

  kill(taskId: string): void {
    const task = this.tasks.get(taskId);
    if (task === undefined || taskEnd(task.state) === "ended") return;
    this.options.onKilled(taskId);
    this.end(task, "TASK_KILLED", {});
  }

  /** The container's process has ended by itself, or by somebody's `kill -9`. */
  containerEnded(taskId: string): void {
    const task = this.tasks.get(taskId);
    if (task === undefined || taskEnd(task.state) === "ended") return;
    const message = "Container exited with status 137";
    this.end(task, "TASK_FAILED", { source: "SOURCE_EXECUTOR", message });
  }

  /**
   * The machine is off for good, and an operator has said so. @returns whose containers are lost
   */
  loseAllOf(host: MesosHost): readonly string[] {
    const lost: string[] = [];
    for (const [taskId, task] of host.tasks) {
      if (taskEnd(task.state) === "ended") continue;
      lost.push(taskId);
      task.state = "TASK_GONE_BY_OPERATOR";
      const reason = "REASON_AGENT_REMOVED_BY_OPERATOR";
      this.tell(bareStatus(taskId, host.agentId, task.state, { reason, message: "gone" }));
      this.tasks.delete(taskId);
    }
    host.tasks.clear();
    return lost;
  }

  acknowledge(taskId: string, uuid: string): void {
    const task = this.tasks.get(taskId);
    if (task === undefined || task.unacknowledged[0]?.uuid !== uuid) return;
    const ended = task.unacknowledged.shift();
    if (task.unacknowledged.length > 0) this.sendUpdate(task);
    else if (ended !== undefined && taskEnd(ended.state) === "ended") {
      task.host.tasks.delete(taskId);
      this.tasks.delete(taskId);
    }
  }

  reconcile(asked: readonly { readonly task_id: Id; readonly agent_id?: Id }[]): void {
    const refs = asked.map((a) => [a.task_id.value, a.agent_id?.value ?? ""] as const);
    const all = [...this.tasks].map(([id, { host }]) => [id, host.agentId] as const);
    for (const [taskId, agentId] of refs.length === 0 ? all : refs) {
      const state = this.tasks.get(taskId)?.state ?? "TASK_GONE";
      this.tell(bareStatus(taskId, agentId, state, { reason: "REASON_RECONCILIATION" }));
    }
  }

  tellDropped({ task_id, agent_id }: TaskInfo): void {
    const parts = { reason: "REASON_INVALID_OFFERS", message: "Task launched with invalid offers" };
    this.tell(bareStatus(task_id.value, agent_id.value, "TASK_DROPPED", parts));
  }

  private end(task: HostedTask, state: TaskState, parts: Partial<TaskStatus>): void {
    this.update(task, state, parts);
    task.host.giveBack(task.amount);
    this.options.onFreed(task.host);
  }

  private update(task: HostedTask, state: TaskState, parts: Partial<TaskStatus>): void {
    if (taskEnd(task.state) === "ended" || !task.host.up) return;
    task.state = state;
    const { info, host } = task;
    this.nextUuid += 1;
    const uuid = Buffer.from(String(this.nextUuid).padStart(16, "0")).toString("base64");
    task.unacknowledged.push({
      task_id: info.task_id,
      agent_id: { value: host.agentId },
      state,
      uuid,
      source: "SOURCE_EXECUTOR",
      ...parts,
    });
    if (task.unacknowledged.length === 1) this.sendUpdate(task);
  }

  private sendUpdate(task: HostedTask): void {
    const [status] = task.unacknowledged;
    if (status === undefined) return;
    this.tell(status);
    this.options.clock.after(REPEAT_MS, () => {
      if (task.host.up && task.unacknowledged[0] === status) this.sendUpdate(task);
    });
  }

  private tell(status: TaskStatus): void {
    this.options.tell(status);
  }
}

function containerStatus(info: TaskInfo): NonNullable<TaskStatus["container_status"]> {
  const ip = containerOf(info).docker.parameters?.find((p) => p.key === "ip")?.value ?? "";
  const name = containerOf(info).network_infos?.[0]?.name ?? "";
  return {
    container_id: { value: info.task_id.value },
    network_infos: [{ name, ip_addresses: [{ protocol: "IPv4", ip_address: ip }] }],
  };
}
