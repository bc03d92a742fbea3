/** One Mesos master: its framework's session, its agents and their tasks, and offers. */
import type { TaskState, TaskStatus } from "../../../controller/mesos/wire.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { Rng } from "../engine/rng.ts";
import type { Trace } from "../engine/trace.ts";
import { Endpoint } from "../wire/endpoint.ts";
import type { Network } from "../wire/network.ts";
import { Allocation } from "./allocation.ts";
import { Calls } from "./calls.ts";
import { MasterAgents, type RegisteredAgent } from "./master-agents.ts";
import { isTerminal, type MesosAgent } from "./mesos-agent.ts";
import type { Registry } from "./registry.ts";
import { removeFramework, reregistration, shutDownRemoved } from "./removals.ts";
import { bareStatus, statusOf } from "./statuses.ts";
import { FrameworkSession } from "./framework-session.ts";
import { type HttpRequest, serve } from "./http-door.ts";

export interface MasterOptions {
  readonly name: string;
  /** As ZooKeeper tells it. */
  readonly ip: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly trace: Trace;
  readonly network: Network;
  readonly registry: Registry;
  /** How long an agent may be out of reach; Mesos's own is 75 to 90 s. Milliseconds. */
  readonly unreachableMs: number;
  /** After a failover, agents that have not come back by then are unreachable. Milliseconds. */
  readonly reregisterMs: number;
  /** Which master leads, as ZooKeeper tells those that do not. */
  readonly leaderName: () => string | null;
}

export class MesosMaster {
  readonly name: string;
  readonly agents = new MasterAgents();
  private readonly allocation: Allocation;
  private readonly calls: Calls;
  private endpoint: Endpoint | null = null;
  private detach = () => {};
  private readonly session: FrameworkSession;
  /** Grows with each start of its process. */
  starts = 0;
  leads = false;
  /** It led, another may lead since, and it does not know. */
  private deposed = false;

  constructor(readonly options: MasterOptions) {
    this.name = options.name;
    const { name, clock, network, registry, trace } = options;
    const { agents } = this;
    this.session = new FrameworkSession({
      name,
      clock,
      registry,
      trace,
      onBegin: (silent) => this.onSubscribed(silent),
      onEnd: () => this.allocation.forget(),
    });
    this.allocation = new Allocation({
      name,
      clock,
      agents,
      frameworkId: () => this.session.current?.frameworkId ?? null,
      tell: (event) => this.session.tell(event),
    });
    this.calls = new Calls({
      name,
      network,
      registry,
      agents,
      allocation: this.allocation,
      tell: (status) => this.tellOf(status),
      tearDown: (frameworkId) => this.removeFramework(frameworkId),
    });
  }

  get ip(): string {
    return this.options.ip;
  }

  get isRunning(): boolean {
    return this.endpoint !== null;
  }

  get isDeposed(): boolean {
    return this.deposed;
  }

  start(): void {
    if (this.endpoint !== null) return;
    const { network, clock } = this.options;
    this.starts += 1;
    this.detach = network.attachLink(this.name);
    this.endpoint = new Endpoint(this.name, network, clock);
    this.endpoint.serve("mesos", (from, body, answer) => {
      const { session, calls, leads, deposed, endpoint } = this;
      const leaderName = this.options.leaderName();
      const door = { session, calls, serves: leads || deposed, leaderName, endpoint };
      answer(serve(door, from, body as HttpRequest));
    });
  }

  /** Nothing of its memory survives. */
  crash(): void {
    for (const { agentId, agent } of this.agents.all()) {
      this.agents.remove(agentId);
      agent.masterLost();
    }
    this.leads = false;
    this.deposed = false;
    this.session.drop();
    this.allocation.stop();
    this.endpoint?.shut();
    this.endpoint = null;
    this.detach();
  }

  lead(): void {
    this.leads = true;
    const { registry, clock, reregisterMs } = this.options;
    const { starts } = this;
    const awaited = registry.agentIds();
    clock.after(reregisterMs, () => {
      if (this.starts !== starts || !this.leads) return;
      for (const agentId of awaited) if (!this.agents.get(agentId)) this.markUnreachable(agentId);
    });
  }

  /** Its agents follow another one; its framework's stream goes on until it notices. */
  disown(): void {
    this.leads = false;
    this.deposed = true;
    for (const registered of this.agents.all()) {
      this.disconnect(registered);
      registered.cancelRemoval();
      registered.agent.masterLost();
    }
  }

  onRegister(agent: MesosAgent): void {
    if (!this.leads) return;
    const { registry, network } = this.options;
    if (agent.agentId !== null && registry.gone.has(agent.agentId)) {
      network.sendLink(this.name, agent.name, () => agent.shutDown());
      return;
    }
    const agentId = agent.agentId ?? registry.nextAgentId();
    const former = registry.formerIdAt(agent.name, agentId);
    if (former !== null) this.replaced(former);
    const news = reregistration(agent.agentId, registry);
    const before = this.agents.get(agentId);
    before?.cancelRemoval();
    registry.admit({ agentId, hostname: agent.name });
    const registered = this.agents.add(agentId, agent);
    for (const task of agent.report()) {
      if (registry.removedFrameworks.has(task.frameworkId)) continue;
      const status = statusOf(task, agentId, { source: "SOURCE_MASTER" });
      this.agents.setTask(registered, task.info, status);
      if (news === null || isTerminal(task.state)) continue;
      this.tellOf({ ...status, reason: "REASON_AGENT_REREGISTERED", message: news });
    }
    for (const [taskId, { status }] of before?.tasks ?? []) {
      // Launched, and lost on the way to the agent.
      if (!registered.tasks.has(taskId)) this.tellMissing(taskId, agentId, status.state);
    }
    network.sendLink(this.name, agent.name, () => agent.onRegistered(this, agentId));
    shutDownRemoved({ ...this.options, agents: this.agents }, agent);
    this.allocation.soon();
  }

  /** Its process ended: the connection breaks at once. */
  onAgentGone(agent: MesosAgent): void {
    const registered = this.agents.ofProcess(agent);
    if (registered?.connected !== true) return;
    const { clock, unreachableMs } = this.options;
    this.disconnect(registered);
    registered.cancelRemoval = clock.after(unreachableMs, () =>
      this.markUnreachable(registered.agentId),
    );
  }

  onUpdate(agent: MesosAgent, status: TaskStatus): void {
    const registered = this.agents.ofProcess(agent);
    if (registered === undefined) return;
    const known = registered.tasks.get(status.task_id.value);
    if (known !== undefined) {
      known.status = { ...status };
      if (isTerminal(status.state)) this.allocation.soon();
    }
    this.session.tell({ type: "UPDATE", update: { status } });
  }

  /** A copy of an update of old: the master knows better, and hands it on. */
  onOldUpdate(status: TaskStatus): void {
    this.tellOf(status);
  }

  /** By an operator, or because it was away for too long. @returns false when there is none */
  removeFramework(frameworkId = this.session.current?.frameworkId): boolean {
    if (frameworkId === undefined) return false;
    removeFramework({ ...this.options, agents: this.agents }, frameworkId);
    this.session.end("Framework has been removed");
    return true;
  }

  /** By an operator: the machine never comes back. @returns false: it knows no such agent */
  markGone(agentId: string): boolean {
    const { registry, network } = this.options;
    const registered = this.agents.get(agentId);
    if (!registry.isAdmitted(agentId)) return false;
    registry.markGone(agentId);
    this.endAgent(agentId, "TASK_GONE_BY_OPERATOR", {
      reason: "REASON_AGENT_REMOVED_BY_OPERATOR",
      message: "Agent has been marked gone",
    });
    if (registered === undefined) return true;
    network.sendLink(this.name, registered.agent.name, () => registered.agent.shutDown());
    return true;
  }

  private disconnect(registered: RegisteredAgent): void {
    registered.connected = false;
    for (const id of this.allocation.takeAllOf(registered.agentId)) {
      this.session.tell({ type: "RESCIND", rescind: { offer_id: { value: id } } });
    }
  }

  private onSubscribed(silent: boolean): void {
    for (const { agent, connected } of this.agents.all()) {
      if (!connected) continue;
      this.options.network.sendLink(this.name, agent.name, () => agent.sendUpdates());
    }
    this.allocation.begin(silent);
  }

  private markUnreachable(agentId: string): void {
    const { registry, clock } = this.options;
    if (!this.leads || !registry.isAdmitted(agentId)) return;
    registry.unreachable.set(agentId, clock.now());
    this.endAgent(agentId, "TASK_UNREACHABLE", {
      reason: "REASON_AGENT_REMOVED",
      message: "health check timed out",
    });
  }

  /** A new agent at the address of this one. */
  private replaced(agentId: string): void {
    this.options.registry.remove(agentId);
    this.endAgent(agentId, "TASK_LOST", {
      reason: "REASON_AGENT_REMOVED",
      message: "a new agent registered at the same address",
    });
  }

  private endAgent(
    agentId: string,
    state: TaskState,
    parts: { readonly reason: string; readonly message: string },
  ): void {
    const registered = this.agents.get(agentId);
    const taskIds = [...(registered?.tasks ?? [])]
      .filter(([, { status }]) => !isTerminal(status.state))
      .map(([taskId]) => taskId);
    this.agents.remove(agentId);
    this.allocation.takeAllOf(agentId);
    this.options.trace.add(this.name, state, agentId);
    for (const taskId of taskIds) this.tellOf(bareStatus(taskId, agentId, state, parts));
    this.session.tell({ type: "FAILURE", failure: { agent_id: { value: agentId } } });
  }

  private tellMissing(taskId: string, agentId: string, last: TaskState): void {
    const state = last === "TASK_STAGING" ? "TASK_DROPPED" : "TASK_GONE";
    const message = "Task is unknown to the agent";
    this.tellOf(bareStatus(taskId, agentId, state, { reason: "REASON_RECONCILIATION", message }));
  }

  private tellOf(status: TaskStatus): void {
    this.session.tell({ type: "UPDATE", update: { status } });
  }
}
