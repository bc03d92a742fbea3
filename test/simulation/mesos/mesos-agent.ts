/**
 * The Mesos agent process of one host, with its docker executors. What it must not forget is
 * checkpointed on the host: its id, its tasks, and their updates that nobody acknowledged.
 */
import type { Clock } from "../../../controller/model/ports.ts";
import type { TaskInfo, TaskState, TaskStatus } from "../../../controller/mesos/wire.ts";
import type { Rng } from "../engine/rng.ts";
import type { Trace } from "../engine/trace.ts";
import type { Network } from "../wire/network.ts";
import type { Container, DockerHost } from "./docker-host.ts";
import type { MesosMaster } from "./master.ts";
import { type StatusParts, statusOf } from "./statuses.ts";
import { UpdateStreams } from "./update-streams.ts";

export interface AgentTask {
  readonly info: TaskInfo;
  readonly frameworkId: string;
  readonly container: Container;
  executor: boolean;
  state: TaskState;
  killing: boolean;
}

export interface MesosAgentOptions {
  readonly host: DockerHost;
  readonly attributes: Readonly<Record<string, string>>;
  readonly resources: { readonly cpus: number; readonly mem: number; readonly disk: number };
  readonly clock: Clock;
  readonly rng: Rng;
  readonly trace: Trace;
  readonly network: Network;
  /** As ZooKeeper tells it, if it can be asked. */
  readonly leadingMaster: () => MesosMaster | null;
  /** Base64 of sixteen bytes. */
  readonly nextUuid: () => string;
}

const STARTING_MS = 300;
const REGISTER_MS = { min: 100, max: 2_000 };
const REGISTER_AGAIN_MS = 2_000;
const GRACE_MS_DEFAULT = 5_000;

export class MesosAgent {
  agentId: string | null = null;
  readonly tasks = new Map<string, AgentTask>();
  private readonly updates: UpdateStreams;
  private master: MesosMaster | null = null;
  private running = false;
  private readonly removedFrameworks = new Set<string>();
  private detach = () => {};
  private cancelRegister = () => {};

  constructor(readonly options: MesosAgentOptions) {
    this.updates = new UpdateStreams(options.clock, (status) => this.forward(status));
  }

  get name(): string {
    return this.options.host.name;
  }

  get isRunning(): boolean {
    return this.running;
  }

  /** Of every task that it knows, the latest state. */
  report(): readonly AgentTask[] {
    return [...this.tasks.values()];
  }

  start(): void {
    if (this.running || !this.options.host.up) return;
    this.running = true;
    this.detach = this.options.network.attachLink(this.name);
    this.recover();
    this.lookForMaster();
  }

  /** kill -9 of the agent process: executors and containers go on. */
  crash(): void {
    if (!this.running) return;
    this.running = false;
    this.cancelRegister();
    this.detach();
    this.updates.pause();
    const { master } = this;
    this.master = null;
    master?.onAgentGone(this);
  }

  /** The work directory is lost: it comes back as another agent, without the tasks it had. */
  loseIdentity(): void {
    this.agentId = null;
    this.updates.forgetAll();
    for (const { container } of this.tasks.values())
      this.options.host.kill(container, "cleaned up");
    this.tasks.clear();
  }

  /** The connection to the master is known to be broken, or another leads. */
  masterLost(): void {
    this.master = null;
    if (this.running) this.lookForMaster();
  }

  onRegistered(master: MesosMaster, agentId: string): void {
    if (!this.running) return;
    this.agentId = agentId;
    this.master = master;
    this.cancelRegister();
    this.updates.sendAll();
  }

  /** Marked gone by an operator: another machine takes its name, with nothing on it. */
  shutDown(): void {
    this.loseIdentity();
    this.options.host.volumes.clear();
    this.masterLost();
  }

  /** These are over: their containers end, and nobody is told. */
  shutDownFrameworks(frameworkIds: readonly string[]): void {
    if (!this.running) return;
    for (const id of frameworkIds) this.removedFrameworks.add(id);
    for (const [taskId, task] of this.tasks) {
      if (!this.removedFrameworks.has(task.frameworkId)) continue;
      this.tasks.delete(taskId);
      this.updates.forget(taskId);
      if (!task.executor || isTerminal(task.state)) continue;
      this.options.host.stop(task.container, GRACE_MS_DEFAULT, () => undefined);
    }
  }

  launch(info: TaskInfo, frameworkId: string): void {
    if (!this.running || this.removedFrameworks.has(frameworkId)) return;
    const taskId = info.task_id.value;
    const { host, clock } = this.options;
    const container = host.run(info, (refused) => this.onStarted(taskId, refused));
    this.tasks.set(taskId, {
      info,
      frameworkId,
      container,
      executor: true,
      state: "TASK_STAGING",
      killing: false,
    });
    clock.after(STARTING_MS, () => {
      const task = this.tasks.get(taskId);
      if (task?.state === "TASK_STAGING") this.update(taskId, "TASK_STARTING");
    });
  }

  kill(taskId: string, graceMs: number | null): void {
    const task = this.tasks.get(taskId);
    if (!this.running || task === undefined || task.killing || !task.executor) return;
    if (isTerminal(task.state)) return;
    task.killing = true;
    this.update(taskId, "TASK_KILLING");
    const grace = graceMs ?? graceOf(task.info) ?? GRACE_MS_DEFAULT;
    this.options.host.stop(task.container, grace, () => this.end(taskId, "TASK_KILLED", {}));
  }

  acknowledge(taskId: string, uuid: string): void {
    if (!this.running) return;
    const done = this.updates.acknowledge(taskId, uuid);
    if (done !== null && isTerminal(done.state)) this.tasks.delete(taskId);
  }

  sendUpdates(): void {
    if (this.running) this.updates.sendAll();
  }

  /** The container ended by itself. Its executor tells, if there is one. */
  onContainerEnd(container: Container, how: string): void {
    const taskId = container.task.task_id.value;
    const task = this.tasks.get(taskId);
    if (task === undefined || task.container !== container || !task.executor) return;
    if (task.killing) return this.end(taskId, "TASK_KILLED", {});
    this.end(taskId, "TASK_FAILED", { message: `Container exited with status 137 (${how})` });
  }

  /** The docker executor dies: the task counts as failed, and the container runs on. */
  killExecutor(taskId: string): void {
    const task = this.tasks.get(taskId);
    if (task === undefined || !task.executor || isTerminal(task.state)) return;
    task.container.orphan = true;
    this.end(taskId, "TASK_FAILED", {
      source: "SOURCE_AGENT",
      reason: "REASON_EXECUTOR_TERMINATED",
      message: "Container terminated",
    });
  }

  /** `docker restart`: its executor saw it end, and it runs on. */
  restartByHand(taskId: string): void {
    const task = this.tasks.get(taskId);
    if (task === undefined || !task.executor || isTerminal(task.state)) return;
    task.container.orphan = true;
    this.end(taskId, "TASK_FAILED", { message: "Container exited with status 137" });
    this.options.host.restart(task.container);
  }

  /** Copies of updates that were acknowledged long ago, as failovers let them come. */
  repeatOldUpdates(): number {
    const { master } = this;
    if (!this.running || master === null) return 0;
    const old = this.updates.acknowledged();
    for (const status of old) {
      this.options.network.sendLink(this.name, master.name, () => master.onOldUpdate(status));
    }
    return old.length;
  }

  /** Containers that nobody manages are removed, as at a restart of the agent. */
  removeOrphans(): void {
    const { host } = this.options;
    for (const container of host.containers.values()) {
      if (container.orphan) host.kill(container, "orphan removed");
    }
  }

  private onStarted(taskId: string, refused: string | null): void {
    const task = this.tasks.get(taskId);
    if (task === undefined || isTerminal(task.state) || !task.executor) return;
    if (refused !== null) return this.end(taskId, "TASK_FAILED", { message: refused });
    if (task.state === "TASK_STAGING") this.update(taskId, "TASK_STARTING");
    if (!task.killing) this.update(taskId, "TASK_RUNNING");
  }

  /** After a restart: executors are there again, or the host lost its containers. */
  private recover(): void {
    const { host } = this.options;
    this.removeOrphans();
    for (const [taskId, task] of this.tasks) {
      if (isTerminal(task.state) || host.containers.has(task.container.name)) continue;
      this.end(taskId, "TASK_FAILED", {
        source: "SOURCE_AGENT",
        reason: "REASON_EXECUTOR_TERMINATED",
        message: "Container terminated",
      });
    }
  }

  private end(taskId: string, state: TaskState, parts: StatusParts): void {
    const task = this.tasks.get(taskId);
    if (task === undefined || isTerminal(task.state)) return;
    task.executor = false;
    this.update(taskId, state, parts);
  }

  private update(taskId: string, state: TaskState, parts: StatusParts = {}): void {
    const task = this.tasks.get(taskId);
    if (task === undefined || this.agentId === null) return;
    task.state = state;
    this.options.trace.add(this.name, state, taskId);
    const told = { source: "SOURCE_EXECUTOR", uuid: this.options.nextUuid(), ...parts } as const;
    this.updates.add(statusOf(task, this.agentId, told));
  }

  private forward(status: TaskStatus): void {
    const { master } = this;
    if (!this.running || master === null) return;
    this.options.network.sendLink(this.name, master.name, () => master.onUpdate(this, status));
  }

  private lookForMaster(): void {
    this.cancelRegister();
    const { rng, clock } = this.options;
    const wait = rng.integer(REGISTER_MS.min, REGISTER_MS.max);
    this.cancelRegister = clock.after(wait, () => this.register());
  }

  private register(): void {
    if (!this.running || this.master !== null) return;
    const { network, clock, leadingMaster } = this.options;
    const master = leadingMaster();
    if (master !== null) network.sendLink(this.name, master.name, () => master.onRegister(this));
    this.cancelRegister = clock.after(REGISTER_AGAIN_MS, () => this.register());
  }
}

export function isTerminal(state: TaskState): boolean {
  return state === "TASK_FAILED" || state === "TASK_KILLED" || state === "TASK_FINISHED";
}

function graceOf({ kill_policy }: TaskInfo): number | null {
  const nanoseconds = kill_policy?.grace_period.nanoseconds;
  return nanoseconds === undefined ? null : nanoseconds / 1e6;
}
