/** What the agents do, by Docker engine: agents that share one are one side. */
import type { Clock, Logger } from "../../model/ports.ts";
import { messageOf } from "../../model/errors.ts";
import { executorPathOf, taskIdOf, type TaskRecord } from "../master/model.ts";
import type { Registry } from "../master/registry.ts";
import type { ContainerEnd, DockerEngine } from "./docker-engine.ts";
import { CommandExecutor } from "./command-executor.ts";
import { DockerExecutor } from "./docker-executor.ts";
import { DockerLink } from "./docker-link.ts";
import { Executors } from "./executors.ts";
import { recordedTask } from "./recorded-task.ts";
import type { Sandboxes } from "./sandboxes.ts";
import type { TaskReports } from "./task-reports.ts";

/** An engine and the agents that it is the engine of, by id. */
export interface EngineOfAgents {
  readonly engine: DockerEngine;
  /** Where it is, for commands; undefined: where Docker's own client looks by itself. */
  readonly address: string | undefined;
  readonly agentIds: ReadonlySet<string>;
}

export interface AgentSidesDeps {
  readonly registry: Registry;
  readonly sandboxes: Sandboxes;
  readonly reports: TaskReports;
  /** Containers bear their tasks, and tasks that are not known are learned from them. */
  readonly isRecorded: boolean;
  readonly agents: {
    connected(id: string): void;
    disconnected(id: string, heardAt: number): void;
  };
  readonly saveSoon: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Side extends EngineOfAgents {
  readonly executor: Executors;
  readonly link: DockerLink;
}

export class AgentSides {
  private readonly sides: readonly Side[];

  constructor(
    engines: readonly EngineOfAgents[],
    private readonly deps: AgentSidesDeps,
  ) {
    this.sides = engines.map((one) => this.newSide(one));
  }

  launch(task: TaskRecord, durable: Promise<void>): void {
    this.sideOf(task.agentId).executor.launch(task, durable);
  }

  kill(task: TaskRecord): void {
    this.sideOf(task.agentId).executor.kill(task);
  }

  discard(task: TaskRecord, graceSeconds: number): Promise<void> {
    return this.sideOf(task.agentId).executor.discard(task, graceSeconds);
  }

  isConnected(agentId: string): boolean {
    return this.sideOf(agentId).link.isConnected;
  }

  /** Why the first engine that is not reached is not; null: all are. */
  get problem(): string | null {
    return this.sides.find(({ link }) => !link.isConnected)?.link.lastProblem ?? null;
  }

  /** Resolves after the first attempt at each engine, whatever came of it. */
  async connect(): Promise<void> {
    await Promise.all(this.sides.map(({ link }) => link.connect()));
  }

  stop(): void {
    for (const { link } of this.sides) link.stop();
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await Promise.all(this.sides.map(({ executor }) => executor.idle()));
  }

  private sideOf(agentId: string): Side {
    const side = this.sides.find(({ agentIds }) => agentIds.has(agentId));
    if (side === undefined) throw new Error(`no agent ${agentId}`);
    return side;
  }

  private newSide(of: EngineOfAgents): Side {
    const { engine, address, agentIds } = of;
    const { registry, sandboxes, reports, isRecorded, agents, saveSoon, clock, log } = this.deps;
    const instance = { instanceId: registry.instanceId, isRecorded };
    const docker = new DockerExecutor(instance, engine, sandboxes, reports, saveSoon, log);
    const commands = new CommandExecutor({ sandboxes, reports, clock, log, engine: address });
    const executor = new Executors(docker, commands);
    const target = {
      ended: (end: ContainerEnd) => docker.ended(end),
      synchronize: async () => {
        if (isRecorded) await this.learn(of);
        await executor.synchronize(registry.allTasks().filter((t) => agentIds.has(t.agentId)));
      },
      connected: () => agentIds.forEach((id) => agents.connected(id)),
      disconnected: (heardAt: number) => agentIds.forEach((id) => agents.disconnected(id, heardAt)),
    };
    return { ...of, executor, link: new DockerLink(engine, target, clock, log) };
  }

  /** Tasks that another master has launched; whether they run is looked at afterwards. */
  private async learn({ engine, agentIds }: EngineOfAgents): Promise<void> {
    const { registry, reports, sandboxes, log } = this.deps;
    for (const { dockerId, record } of await engine.list()) {
      const task = record === null ? null : this.read(record);
      if (task === null || !agentIds.has(task.agentId)) continue;
      if (registry.isKnown(task) || registry.isRemoved(task.frameworkId)) continue;
      const inspected = await engine.inspect(dockerId);
      const { Status: status } = inspected?.State ?? {};
      if (inspected === null || registry.isKnown(task)) continue;
      if (status === "running" || status === "paused") reports.known(task, inspected);
      registry.addTask(task);
      sandboxes.publish(executorPathOf(task), task.containerId);
      log.info(
        { taskId: taskIdOf(task), agentId: task.agentId },
        "task learned from its container",
      );
    }
  }

  /** Whoever works with the engine may have written anything there. */
  private read(record: string): TaskRecord | null {
    try {
      return recordedTask(record);
    } catch (error) {
      this.deps.log.warn({ error: messageOf(error) }, "a container's task cannot be read");
      return null;
    }
  }
}
