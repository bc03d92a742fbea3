/** The agents that a master has, and what it knows of their tasks. */
import type { TaskInfo, TaskStatus } from "../../../controller/mesos/wire.ts";
import { type Amount, amountOf, minus, NOTHING, plus } from "./allocator.ts";
import { isTerminal, type MesosAgent } from "./mesos-agent.ts";

export interface KnownTask {
  readonly info: TaskInfo;
  status: TaskStatus;
}

export interface RegisteredAgent {
  readonly agentId: string;
  readonly agent: MesosAgent;
  readonly tasks: Map<string, KnownTask>;
  /** False from the moment at which its connection breaks. */
  connected: boolean;
  /** Declined until then; milliseconds since the epoch. */
  filteredUntil: number;
  /** Leads to its being marked unreachable. */
  cancelRemoval: () => void;
}

export class MasterAgents {
  private readonly byId = new Map<string, RegisteredAgent>();
  private readonly byTask = new Map<string, RegisteredAgent>();

  all(): readonly RegisteredAgent[] {
    return [...this.byId.values()];
  }

  get(agentId: string): RegisteredAgent | undefined {
    return this.byId.get(agentId);
  }

  ofProcess(agent: MesosAgent): RegisteredAgent | undefined {
    return this.all().find((a) => a.agent === agent);
  }

  /** Its tasks are those that it tells, and no others. */
  add(agentId: string, agent: MesosAgent): RegisteredAgent {
    for (const taskId of this.byId.get(agentId)?.tasks.keys() ?? []) this.byTask.delete(taskId);
    const registered: RegisteredAgent = {
      agentId,
      agent,
      tasks: new Map(),
      connected: true,
      filteredUntil: 0,
      cancelRemoval: () => undefined,
    };
    this.byId.set(agentId, registered);
    return registered;
  }

  remove(agentId: string): void {
    const known = this.byId.get(agentId);
    known?.cancelRemoval();
    for (const taskId of known?.tasks.keys() ?? []) this.byTask.delete(taskId);
    this.byId.delete(agentId);
  }

  agentOfTask(taskId: string): RegisteredAgent | undefined {
    return this.byTask.get(taskId);
  }

  setTask(agent: RegisteredAgent, info: TaskInfo, status: TaskStatus): void {
    const taskId = info.task_id.value;
    agent.tasks.set(taskId, { info, status });
    this.byTask.set(taskId, agent);
  }

  dropTask(agent: RegisteredAgent, taskId: string): void {
    agent.tasks.delete(taskId);
    this.byTask.delete(taskId);
  }

  /** What of the agent's is neither used nor offered. */
  free(agent: RegisteredAgent, offered: Amount): Amount {
    let used = NOTHING;
    for (const { info, status } of agent.tasks.values()) {
      if (!isTerminal(status.state)) used = plus(used, amountOf(info.resources));
    }
    return minus(minus(agent.agent.options.resources, used), offered);
  }
}
