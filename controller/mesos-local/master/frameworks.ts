/** Schedulers come, go, take over and are removed. */
import type { Call, FrameworkInfo, MasterInfo } from "../../mesos/wire.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import { type EventStream, HEARTBEAT_SECONDS } from "../http/event-stream.ts";
import { type Caller, ownerOf } from "./caller.ts";
import { isTerminal, type TaskRecord } from "./model.ts";
import type { OfferBook } from "./offers.ts";
import type { Framework, Registry } from "./registry.ts";
import type { StatusUpdates } from "../agent/status-updates.ts";

/** Our own restart is no fault of a scheduler: it gets at least this long to come back. */
const RECOVERED_TIMEOUT_MIN_MS = 75_000;

/** Grace of a container that is torn down and whose task has no kill policy. */
const GRACE_DEFAULT_SECONDS = 5;

type Subscribe = Extract<Call, { type: "SUBSCRIBE" }>;

export interface FrameworksDeps {
  readonly registry: Registry;
  readonly offers: OfferBook;
  readonly updates: StatusUpdates;
  readonly master: () => MasterInfo;
  readonly discard: (task: TaskRecord, graceSeconds: number) => Promise<void>;
  readonly saveSoon: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Frameworks {
  private count = 0;

  constructor(private readonly deps: FrameworksDeps) {
    for (const framework of deps.registry.frameworks.values()) {
      this.startFailoverTimer(framework, RECOVERED_TIMEOUT_MIN_MS);
    }
  }

  /** A framework that is known belongs to whom it belonged first. */
  refusalOf(call: Subscribe, caller: Caller): { status: 400 | 403; message: string } | null {
    const { principal } = call.subscribe.framework_info;
    if (caller.door === "tcp" && principal !== undefined && principal !== caller.principal) {
      const message = `Failed to validate scheduler::Call: Authenticated principal '${caller.principal}' does not match principal '${principal}' set in 'FrameworkInfo'`;
      return { status: 400, message };
    }
    const known = this.deps.registry.frameworks.get(call.framework_id?.value ?? "");
    if (known === undefined || known.record.owner === ownerOf(caller)) return null;
    return { status: 403, message: "The framework belongs to another principal" };
  }

  /** Not before {@link refusalOf} has let it pass. */
  subscribe(call: Subscribe, caller: Caller, stream: EventStream): void {
    const { registry, offers, updates } = this.deps;
    const id = call.framework_id?.value ?? this.newId();
    if (registry.isRemoved(id)) {
      stream.send({ type: "ERROR", error: { message: "Framework has been removed" } });
      return stream.end();
    }
    const info: FrameworkInfo = { ...call.subscribe.framework_info, id: { value: id } };
    const framework =
      registry.frameworks.get(id) ?? registry.addFramework({ id, info, owner: ownerOf(caller) });
    this.takeOver(framework);
    framework.record.info = info;
    framework.suppressed = beginsSilent(info, call.subscribe.suppressed_roles ?? []);
    framework.stream = stream;
    this.deps.log.info({ frameworkId: id, name: info.name }, "framework subscribed");
    stream.send({
      type: "SUBSCRIBED",
      subscribed: {
        framework_id: { value: id },
        heartbeat_interval_seconds: HEARTBEAT_SECONDS,
        master_info: this.deps.master(),
      },
    });
    stream.startHeartbeat();
    updates.resend(registry.tasksOf(id));
    offers.allocateNow();
    void this.deps.saveSoon();
  }

  /** The connection of a scheduler broke. It may come back until its failover timeout is over. */
  disconnected(stream: EventStream): void {
    for (const framework of this.deps.registry.frameworks.values()) {
      if (framework.stream !== stream) continue;
      const { id } = framework.record;
      this.deps.log.info({ frameworkId: id }, "framework disconnected");
      framework.stream = null;
      this.deps.offers.removeAllOf(id);
      this.startFailoverTimer(framework, 0);
    }
  }

  /** Kills all its tasks, without a status; the id is dead. */
  remove(framework: Framework): void {
    const { registry, offers, updates } = this.deps;
    const { id } = framework.record;
    framework.cancelFailover?.();
    offers.removeAllOf(id);
    registry.removeFramework(id);
    for (const task of registry.tasksOf(id)) {
      updates.forget(task);
      registry.deleteTask(task);
      if (!isTerminal(task.state)) this.drain(task);
    }
    framework.stream?.end();
    framework.stream = null;
    this.deps.log.info({ frameworkId: id }, "framework removed");
  }

  stop(): void {
    for (const framework of this.deps.registry.frameworks.values()) {
      framework.cancelFailover?.();
      framework.stream?.end();
      framework.stream = null;
    }
  }

  private drain(task: TaskRecord): void {
    const { draining } = this.deps.registry;
    draining.add(task);
    void this.deps
      .discard(task, killGraceSeconds(task.info.kill_policy))
      .finally(() => draining.delete(task));
  }

  /** A new stream for a known id: the old one, if there is any, is told and ended. */
  private takeOver(framework: Framework): void {
    framework.cancelFailover?.();
    framework.cancelFailover = null;
    framework.suppressed = false;
    framework.filters = [];
    this.deps.offers.removeAllOf(framework.record.id);
    const message = "Framework failed over";
    framework.stream?.send({ type: "ERROR", error: { message } });
    framework.stream?.end();
  }

  private startFailoverTimer(framework: Framework, atLeastMs: number): void {
    const timeoutMs = (framework.record.info.failover_timeout ?? 0) * 1000;
    framework.cancelFailover = this.deps.clock.after(Math.max(timeoutMs, atLeastMs), () => {
      this.remove(framework);
      void this.deps.saveSoon();
    });
  }

  private newId(): string {
    const id = `${this.deps.registry.masterId}-${String(this.count).padStart(4, "0")}`;
    this.count += 1;
    return id;
  }
}

/** Seconds, rounded up: Docker knows no fractions. */
export function killGraceSeconds(
  policy: { grace_period?: { nanoseconds: number } } | undefined,
): number {
  const nanoseconds = policy?.grace_period?.nanoseconds;
  return nanoseconds === undefined ? GRACE_DEFAULT_SECONDS : Math.ceil(nanoseconds / 1e9);
}

/** Every role that it has is suppressed. */
function beginsSilent(info: FrameworkInfo, suppressedRoles: readonly string[]): boolean {
  const roles = info.roles ?? [info.role ?? "*"];
  return roles.length > 0 && roles.every((role) => suppressedRoles.includes(role));
}
