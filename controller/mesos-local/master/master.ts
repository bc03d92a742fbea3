/**
 * The master: carries out the calls of subscribed schedulers. Answers are the HTTP status of the
 * call; what comes of it goes out as events.
 */
import { randomUUID } from "node:crypto";
import type { Call, MasterInfo, TaskInfo, TaskState, TaskStatus } from "../../mesos/wire.ts";
import type { Clock } from "../../model/ports.ts";
import { decideAccept } from "./accept.ts";
import type { Agents } from "./agents.ts";
import { type Caller, ownerOf } from "./caller.ts";
import { refusalEnd } from "./allocator.ts";
import type { EventStream } from "../http/event-stream.ts";
import { type Frameworks, killGraceSeconds } from "./frameworks.ts";
import { forbidden, type LaunchPolicy, rightsOf } from "./launch-policy.ts";
import { hasCapability, isTerminal, roleOf, taskIdOf, type TaskRecord } from "./model.ts";
import type { OfferBook } from "./offers.ts";
import { reconcile } from "./reconcile.ts";
import type { Framework, Registry } from "./registry.ts";
import { type Amounts, isNothing } from "./resources.ts";
import type { StatusUpdates } from "../agent/status-updates.ts";
import { masterStatus } from "./statuses.ts";
import type { TaskReports } from "../agent/task-reports.ts";

type CallOf<T extends Call["type"]> = Extract<Call, { type: T }>;
type OtherCall = Exclude<Call, { type: "SUBSCRIBE" }>;

export interface Answer {
  readonly status: 202 | 400 | 403;
  readonly message: string;
}

const ACCEPTED: Answer = { status: 202, message: "" };

export interface MasterDeps {
  readonly registry: Registry;
  readonly agents: Agents;
  readonly offers: OfferBook;
  readonly updates: StatusUpdates;
  readonly frameworks: Frameworks;
  readonly reports: TaskReports;
  readonly executor: {
    launch(task: TaskRecord, durable: Promise<void>): void;
    kill(task: TaskRecord): void;
  };
  /** Resolves when everything up to now is on disk, rejects when it cannot be written. */
  readonly save: () => Promise<void>;
  /** The same, but a failure is only logged and tried again later. */
  readonly saveSoon: () => Promise<void>;
  readonly policy: LaunchPolicy;
  readonly clock: Clock;
}

export class Master {
  constructor(private readonly deps: MasterDeps) {}

  subscribe(call: CallOf<"SUBSCRIBE">, caller: Caller, stream: EventStream): void {
    this.deps.frameworks.subscribe(call, caller, stream);
  }

  /** @param streamId the `Mesos-Stream-Id` header */
  async call(call: OtherCall, caller: Caller, streamId: string | undefined): Promise<Answer> {
    const framework = this.deps.registry.frameworks.get(call.framework_id?.value ?? "");
    if (framework === undefined) return refused(400, "Framework cannot be found");
    if (framework.record.owner !== ownerOf(caller)) {
      return refused(403, "The framework belongs to another principal");
    }
    if (framework.stream === null) return refused(403, "Framework is not subscribed");
    if (streamId === undefined) {
      return refused(400, "All non-subscribe calls should include the 'Mesos-Stream-Id' header");
    }
    if (streamId !== framework.stream.id) {
      return refused(
        400,
        `The stream ID '${streamId}' included in this request didn't match the stream ID currently associated with framework ID ${framework.record.id}`,
      );
    }
    await this.carryOut(call, framework);
    return ACCEPTED;
  }

  private async carryOut(call: OtherCall, framework: Framework): Promise<void> {
    switch (call.type) {
      case "ACCEPT":
        return this.accept(call, framework);
      case "DECLINE":
        return this.decline(call, framework);
      case "REVIVE":
        framework.suppressed = false;
        framework.filters = [];
        return this.deps.offers.allocateNow();
      case "SUPPRESS":
        framework.suppressed = true;
        return;
      case "KILL":
        return this.kill(call, framework);
      case "ACKNOWLEDGE":
        return this.acknowledge(call, framework);
      case "RECONCILE":
        return this.reconcile(framework, call.reconcile.tasks);
      case "TEARDOWN":
        this.deps.frameworks.remove(framework);
        return this.deps.saveSoon();
    }
  }

  private accept(call: CallOf<"ACCEPT">, framework: Framework): void {
    const { registry, offers } = this.deps;
    const frameworkId = framework.record.id;
    const offerIds = call.accept.offer_ids.map(({ value }) => value);
    const tasks = call.accept.operations.flatMap((op) => op.launch.task_infos);
    const role = roleOf(framework.record.info);
    const rights = rightsOf(framework.record.owner, this.deps.policy);
    const decision = decideAccept({
      frameworkId,
      role,
      offerIds,
      tasks,
      offer: (id) => offers.find(id),
      isKnownTask: (taskId) => registry.task(frameworkId, taskId) !== undefined,
      forbidden: (task) => forbidden(task, rights),
    });
    for (const id of offerIds) {
      if (offers.find(id)?.frameworkId === frameworkId) offers.remove(id);
    }
    if (decision.kind === "invalid-offers") {
      const message = `Task launched with invalid offers: ${decision.message}`;
      for (const task of tasks) this.drop(framework, task, message);
      return;
    }
    for (const { task, error } of decision.verdicts) {
      if (error !== null) {
        this.tell(framework, this.refusal(task, "TASK_ERROR", "REASON_TASK_INVALID", error));
      }
    }
    this.refuse(framework, decision.agentId, decision.rest, call.accept.filters?.refuse_seconds);
    const launches = decision.verdicts.filter(({ error }) => error === null);
    this.launch(launches.map(({ task }) => newTask(frameworkId, role, task)));
  }

  /** The intent is on disk before any container is made, so that a crash finds it by name. */
  private launch(tasks: readonly TaskRecord[]): void {
    if (tasks.length === 0) return;
    for (const task of tasks) this.deps.registry.addTask(task);
    const durable = this.deps.save();
    for (const task of tasks) this.deps.executor.launch(task, durable);
  }

  private drop(framework: Framework, task: TaskInfo, message: string): void {
    const isAware = hasCapability(framework.record.info, "PARTITION_AWARE");
    const state: TaskState = isAware ? "TASK_DROPPED" : "TASK_LOST";
    this.tell(framework, this.refusal(task, state, "REASON_INVALID_OFFERS", message));
  }

  private decline(call: CallOf<"DECLINE">, framework: Framework): void {
    const { offers } = this.deps;
    for (const { value: id } of call.decline.offer_ids) {
      const offer = offers.find(id);
      if (offer?.frameworkId !== framework.record.id) continue;
      offers.remove(id);
      const seconds = call.decline.filters?.refuse_seconds;
      this.refuse(framework, offer.agentId, offer.amounts, seconds);
    }
  }

  private refuse(
    framework: Framework,
    agentId: string,
    amounts: Amounts,
    seconds: number | undefined,
  ): void {
    if (isNothing(amounts)) return;
    const until = refusalEnd(this.deps.clock.now(), seconds);
    framework.filters.push({ agentId, amounts, until });
  }

  private async kill(call: CallOf<"KILL">, framework: Framework): Promise<void> {
    const { task_id, agent_id, kill_policy } = call.kill;
    const task = this.deps.registry.task(framework.record.id, task_id.value);
    if (task === undefined) {
      const asked = agent_id === undefined ? { task_id } : { task_id, agent_id };
      return this.reconcile(framework, [asked]);
    }
    if (isTerminal(task.state)) return;
    const isFirst = task.killGraceSeconds === null;
    task.killGraceSeconds = killGraceSeconds(kill_policy ?? task.info.kill_policy);
    // Durable first: after a crash the container's end must still count as this kill.
    await this.deps.saveSoon();
    if (isFirst && hasCapability(framework.record.info, "TASK_KILLING_STATE")) {
      this.deps.reports.killing(task);
    }
    this.deps.executor.kill(task);
  }

  private acknowledge(call: CallOf<"ACKNOWLEDGE">, framework: Framework): void {
    const { task_id, agent_id, uuid } = call.acknowledge;
    const task = this.deps.registry.task(framework.record.id, task_id.value);
    if (task?.agentId === agent_id.value) this.deps.updates.acknowledge(task, uuid);
  }

  private reconcile(
    framework: Framework,
    requested: CallOf<"RECONCILE">["reconcile"]["tasks"],
  ): void {
    const { registry, agents, clock } = this.deps;
    const { id, info } = framework.record;
    const statuses = reconcile({
      requested,
      partitionAware: hasCapability(info, "PARTITION_AWARE"),
      tasks: new Map(registry.tasksOf(id).map((task) => [taskIdOf(task), task])),
      agents: agents.states(),
      now: clock.now(),
    });
    for (const status of statuses) this.tell(framework, status);
  }

  private refusal(task: TaskInfo, state: TaskState, reason: string, message: string): TaskStatus {
    const taskId = task.task_id.value;
    const agentId = task.agent_id.value;
    return masterStatus({ taskId, agentId, state, reason, message, now: this.deps.clock.now() });
  }

  private tell(framework: Framework, status: TaskStatus): void {
    framework.stream?.send({ type: "UPDATE", update: { status } });
  }
}

function newTask(frameworkId: string, role: string, info: TaskInfo): TaskRecord {
  return {
    frameworkId,
    agentId: info.agent_id.value,
    info,
    containerId: randomUUID(),
    role,
    state: "TASK_STAGING",
    killGraceSeconds: null,
    pending: [],
    reported: null,
    unreachableSince: null,
  };
}

/**
 * How the master presents itself: field by field as a real one does, so that whatever parses a
 * version or an address can. That it is not Apache Mesos stands at /version and /state.
 */
export function masterInfo(masterId: string, host: string, port: number): MasterInfo {
  const ip = host.split(".").map(Number);
  return {
    id: masterId,
    // Network byte order read as a little-endian number, as Mesos prints it.
    ip: ip.reduceRight((sum, part) => sum * 256 + part, 0),
    port,
    pid: `master@${host}:${port}`,
    hostname: host,
    version: MASTER_VERSION,
    address: { hostname: host, ip: host, port },
    capabilities: [],
  };
}

/** The Mesos whose API this is; frameworks read three numbers from it. */
export const MASTER_VERSION = "1.12.0";

function refused(status: 400 | 403, message: string): Answer {
  return { status, message };
}
