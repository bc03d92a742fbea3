/** What a subscribed framework asks of a master: tasks launched and killed, and news of them. */
import type { Call, Id, TaskInfo, TaskStatus } from "../../../controller/mesos/wire.ts";
import type { Network } from "../wire/network.ts";
import type { Allocation } from "./allocation.ts";
import { amountOf, fits, minus, NOTHING, plus } from "./allocator.ts";
import type { MasterAgents, RegisteredAgent } from "./master-agents.ts";
import { isTerminal } from "./mesos-agent.ts";
import { reconcile } from "./reconcile.ts";
import type { Registry } from "./registry.ts";
import { bareStatus } from "./statuses.ts";

export interface CallsOptions {
  readonly name: string;
  readonly network: Network;
  readonly registry: Registry;
  readonly agents: MasterAgents;
  readonly allocation: Allocation;
  readonly tell: (status: TaskStatus) => void;
  readonly tearDown: (frameworkId: string) => unknown;
}

export class Calls {
  constructor(private readonly options: CallsOptions) {}

  carryOut(call: Exclude<Call, { type: "SUBSCRIBE" }>): void {
    const { allocation } = this.options;
    switch (call.type) {
      case "ACCEPT":
        return this.accept(
          call.accept.offer_ids,
          call.accept.operations.flatMap((o) => o.launch.task_infos),
          call.framework_id.value,
        );
      case "DECLINE": {
        const seconds = call.decline.filters?.refuse_seconds ?? 5;
        for (const { value } of call.decline.offer_ids) allocation.decline(value, seconds);
        return;
      }
      case "REVIVE":
        return allocation.revive();
      case "SUPPRESS":
        return allocation.suppress();
      case "KILL":
        return this.kill(call.kill);
      case "ACKNOWLEDGE":
        return this.acknowledge(call.acknowledge);
      case "RECONCILE":
        return this.reconcile(call.reconcile.tasks);
      case "TEARDOWN":
        this.options.tearDown(call.framework_id.value);
        return;
    }
  }

  private accept(offerIds: readonly Id[], tasks: readonly TaskInfo[], frameworkId: string): void {
    const { allocation, agents } = this.options;
    const taken = allocation.take(offerIds.map((o) => o.value));
    const agent = taken === null ? undefined : agents.get(taken[0]?.agentId ?? "");
    allocation.soon();
    if (taken === null || agent?.connected !== true) {
      for (const task of tasks) this.tellDropped(task);
      return;
    }
    let left = taken.reduce((sum, o) => plus(sum, o.amount), NOTHING);
    for (const task of tasks) {
      const need = amountOf(task.resources);
      if (!fits(need, left)) {
        this.tellDropped(task);
        continue;
      }
      left = minus(left, need);
      this.launch(agent, task, frameworkId);
    }
  }

  private launch(registered: RegisteredAgent, info: TaskInfo, frameworkId: string): void {
    const { agents, network, name, tell } = this.options;
    const { agentId, agent } = registered;
    const taskId = info.task_id.value;
    if (agents.agentOfTask(taskId) !== undefined) {
      const message = `Task has duplicate ID: ${taskId}`;
      tell(bareStatus(taskId, agentId, "TASK_ERROR", { message, reason: "REASON_TASK_INVALID" }));
      return;
    }
    agents.setTask(registered, info, bareStatus(taskId, agentId, "TASK_STAGING", {}));
    network.sendLink(name, agent.name, () => agent.launch(info, frameworkId));
  }

  private kill(kill: Extract<Call, { type: "KILL" }>["kill"]): void {
    const { agents, network, name } = this.options;
    const taskId = kill.task_id.value;
    const registered = agents.agentOfTask(taskId);
    if (registered === undefined) {
      const { task_id, agent_id } = kill;
      return this.reconcile([{ task_id, ...(agent_id ? { agent_id } : {}) }]);
    }
    // To an agent that is not there it is lost, and nobody says so.
    if (!registered.connected) return;
    const nanoseconds = kill.kill_policy?.grace_period.nanoseconds;
    const graceMs = nanoseconds === undefined ? null : nanoseconds / 1e6;
    const { agent } = registered;
    network.sendLink(name, agent.name, () => agent.kill(taskId, graceMs));
  }

  private acknowledge(of: Extract<Call, { type: "ACKNOWLEDGE" }>["acknowledge"]): void {
    const { agents, network, name } = this.options;
    const registered = agents.get(of.agent_id.value);
    if (registered?.connected !== true) return;
    const taskId = of.task_id.value;
    const status = registered.tasks.get(taskId)?.status;
    const ended = status?.uuid === of.uuid && isTerminal(status.state);
    if (ended) agents.dropTask(registered, taskId);
    const { agent } = registered;
    network.sendLink(name, agent.name, () => agent.acknowledge(taskId, of.uuid));
  }

  private reconcile(asked: readonly { readonly task_id: Id; readonly agent_id?: Id }[]): void {
    const { agents, registry, tell } = this.options;
    for (const status of reconcile({ agents }, registry, asked)) tell(status);
  }

  private tellDropped({ task_id, agent_id }: TaskInfo): void {
    const parts = { reason: "REASON_INVALID_OFFERS", message: "Task launched with invalid offers" };
    this.options.tell(bareStatus(task_id.value, agent_id.value, "TASK_DROPPED", parts));
  }
}
