/**
 * Our Mesos framework's scheduler, over the v1 HTTP API of any Mesos 1.x master. It keeps what
 * Mesos says in order and carries out what it is told; it decides nothing about the cluster.
 */
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";
import type { ClusterKey } from "../model/ids.ts";
import * as source from "../model/observed.ts";
import type { ObservedMesos, ObservedTask, Source } from "../model/observed.ts";
import type { Clock, Logger } from "../model/ports.ts";
import type { MesosChange } from "./mesos-change.ts";
import { removed } from "./fatal-errors.ts";
import { type FrameworkOptions, subscribeCall } from "./framework-info.ts";
import { CallChannel, type SendCall } from "./http/call-channel.ts";
import type { MasterConnections } from "./http/connections.ts";
import { addressText } from "./http/master-address.ts";
import { Transport, type TransportOptions } from "./http/transport.ts";
import { type MasterDetector, StaticMasters } from "./master-detector.ts";
import { OfferDesk } from "./offers/offer-desk.ts";
import { OfferPool } from "./offers/offer-pool.ts";
import { drawFrom } from "./offers/usable-resources.ts";
import { type EventOfUse, type Session, Subscription } from "./subscription.ts";
import { TaskDesk } from "./tasks/task-desk.ts";
import type { TaskInfo } from "./wire.ts";

export interface SchedulerOptions extends TransportOptions {
  /** `host:port` of each master; any of them redirects to the leading one. */
  readonly masters: readonly string[];
  /** Finds the leading master in another way than by the list. */
  readonly detector?: MasterDetector;
  /** Reaches the masters in another way than by sockets. */
  readonly transport?: MasterConnections;
  readonly framework: FrameworkOptions;
  /** As it was last saved. */
  readonly frameworkId: string | null;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1; spreads schedulers that come back at the same time. */
  readonly random?: () => number;
  /** Tasks with a durable intent whose end is not known. */
  remembered(): readonly { taskId: string; agentId: string }[];
  /** Whether it is one of these; asked at every status, so without a look at all of them. */
  isRemembered(taskId: string): boolean;
  /** Resolves when it is durable. */
  saveFrameworkId(id: string): Promise<void>;
  /** Resolves when it is durable: the update is acknowledged after that. */
  saveStatus(task: ObservedTask): Promise<void>;
  /** Something in {@link MesosScheduler.observe} has changed. */
  onChange(change: MesosChange): void;
}

type Connection =
  | { readonly state: "never"; readonly reason: string }
  | { readonly state: "lost"; readonly since: number }
  | { readonly state: "subscribed"; readonly master: string; readonly channel: CallChannel };

export class MesosScheduler {
  /** Resolves when trying on cannot help: ERR_FRAMEWORK_REMOVED, or another controller took over. */
  readonly fatal: Promise<OperationError>;
  private readonly transport: MasterConnections;
  private readonly pool = new OfferPool();
  private readonly offers: OfferDesk;
  private readonly tasks: TaskDesk;
  private readonly subscription: Subscription;
  private connection: Connection = { state: "never", reason: "no Mesos master has answered yet" };
  private frameworkId: string | null;
  private savedFrameworkId: string | null;
  private stopping = false;
  /** On it a TEARDOWN is under way. */
  private leaving: CallChannel | null = null;
  /** The last reason why there is no subscription, as it was logged. */
  private logged: string | null = null;

  /** Throws when an option is wrong. Nothing is sent before {@link start}. */
  constructor(private readonly options: SchedulerOptions) {
    const { clock, log } = options;
    if (!(options.framework.failoverTimeoutSeconds >= 0)) throw new Error("no failover timeout");
    this.frameworkId = options.frameworkId;
    this.savedFrameworkId = options.frameworkId;
    this.transport = options.transport ?? new Transport(options);
    const send: SendCall = async (call) => this.channel(call.type).send(call);
    this.offers = new OfferDesk(this.pool, send, clock, log, () =>
      this.changed({ what: "offers" }),
    );
    this.tasks = new TaskDesk({
      clock,
      log,
      send,
      remembered: () => options.remembered(),
      isRemembered: (taskId) => options.isRemembered(taskId),
      saveStatus: (task) => options.saveStatus(task),
      onChange: (taskId) => this.changed({ what: "task", taskId }),
      onReconciled: () => this.changed({ what: "connection" }),
    });
    const detector = options.detector ?? new StaticMasters(options.masters);
    const random = options.random ?? Math.random;
    const deps = { detector, transport: this.transport, clock, log, random };
    let resolveFatal: (error: OperationError) => void;
    this.fatal = new Promise((resolve) => {
      resolveFatal = resolve;
    });
    this.subscription = new Subscription(deps, {
      subscribeCall: () => subscribeCall(this.frameworkOptions(), this.frameworkId),
      subscribed: (session) => this.subscribed(session),
      event: (event) => this.onEvent(event),
      lost: (reason) => this.lost(reason),
      failed: (reason) => this.failed(reason),
      fatal: (error) => {
        log.error({ code: error.code, error: error.message }, "Mesos framework is lost");
        resolveFatal(error);
      },
    });
  }

  start(): void {
    this.subscription.start();
  }

  /** Leaves the tasks running; the framework can be taken up again with its id. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.subscription.stop();
    await this.tasks.drain();
  }

  /**
   * Unknown before the first subscription, stale while there is none.
   * @param cluster whose tasks to show, at a cost that does not grow with the others'; left out: all
   */
  observe(cluster?: ClusterKey): Source<ObservedMesos> {
    const { connection, frameworkId } = this;
    if (connection.state === "never" || frameworkId === null) {
      return source.unknown(connection.state === "never" ? connection.reason : "no framework id");
    }
    const { reconciled } = this.tasks;
    const tasks = cluster === undefined ? this.tasks.tasks : this.tasks.tasksOf(cluster);
    const value: ObservedMesos = { frameworkId, reconciled, tasks, offers: this.pool.offers() };
    return connection.state === "lost"
      ? source.stale(value, connection.since)
      : source.fresh(value);
  }

  /** `host:port` of the leading master while subscribed. */
  get master(): string | null {
    return this.connection.state === "subscribed" ? this.connection.master : null;
  }

  /** True: offers shall come (REVIVE). False: none (SUPPRESS), and outstanding ones go back. */
  setDemand(wanted: boolean): void {
    this.offers.setDemand(wanted);
  }

  /**
   * Launches tasks on offers of one agent. The offers are taken, and the tasks are TASK_STAGING in
   * {@link observe}, when this returns its promise; it resolves when the master has the call.
   *
   * @throws OperationError ERR_OFFER_GONE: one is not outstanding, nothing was sent. Others as
   *   {@link TaskDesk.launch}.
   * @throws Error when offers are of several agents or a task id was used before
   */
  async accept(offerIds: readonly string[], tasks: readonly TaskInfo[]): Promise<void> {
    const names = tasks.map((task) => task.task_id.value).join(", ");
    const used = tasks.find((task) => this.tasks.isKnown(task.task_id.value));
    if (used) throw new Error(`task id ${used.task_id.value} is used a second time`);
    const raw = this.pool.claim(offerIds, `launch ${names}`).map((offer) => offer.raw);
    const needs = tasks.map((task) => task.resources);
    const resources = drawFrom(raw, needs);
    const drawn = tasks.map((task, i) => ({ ...task, resources: resources[i] ?? task.resources }));
    try {
      await this.tasks.launch(offerIds, drawn);
    } catch (error) {
      this.offers.launchFailed(offerIds);
      throw error;
    }
  }

  /**
   * Sends KILL now and again until the task has ended; asking again changes nothing.
   * @param graceMs between TERM and KILL; left out: as the task's own kill policy says
   * @throws OperationError when it could not be sent now; it is repeated all the same
   */
  async kill(taskId: string, agentId: string | null, graceMs?: number): Promise<void> {
    await this.tasks.kill(taskId, agentId, graceMs);
  }

  /** Drops a task that has ended. Without it, it goes some time after nobody remembers it. */
  forget(taskId: string): void {
    this.tasks.forget(taskId);
  }

  /**
   * Ends the framework: Mesos kills all its tasks, and its id is dead.
   * @throws OperationError when there is no subscription or the master did not take it
   */
  async teardown(): Promise<void> {
    const channel = this.channel("TEARDOWN");
    this.leaving = channel;
    // The master may end the stream before it answers, and that must not begin another one.
    const left = channel.send({ type: "TEARDOWN" }).then(() => this.subscription.retire());
    this.subscription.pauseUntil(left);
    try {
      await left;
    } finally {
      this.leaving = null;
      if (this.connection.state !== "subscribed") channel.close();
    }
    await this.stop();
  }

  private frameworkOptions(): FrameworkOptions {
    const { framework, credentials } = this.options;
    // A master with authentication refuses a framework whose principal is not who it claims to be.
    const principal = framework.principal ?? credentials?.principal;
    return principal === undefined ? framework : { ...framework, principal };
  }

  private async subscribed(session: Session): Promise<void> {
    const { master, streamId, frameworkId, end } = session;
    if (this.frameworkId !== null && this.frameworkId !== frameworkId) {
      return session.giveUp(removed(`it answered with another id, ${frameworkId}`));
    }
    await this.saveFrameworkId(frameworkId);
    const { clock, log } = this.options;
    const channel = new CallChannel(master, streamId, frameworkId, this.transport, clock, end);
    this.connection = { state: "subscribed", master: addressText(master), channel };
    this.logged = null;
    log.info({ master: addressText(master), frameworkId }, "subscribed to Mesos");
    this.offers.subscribed();
    this.tasks.subscribed();
    this.changed({ what: "connection" });
  }

  private async saveFrameworkId(id: string): Promise<void> {
    // Kept even if it cannot be saved: the next subscription must not become a second framework.
    this.frameworkId = id;
    if (this.savedFrameworkId === id) return;
    try {
      await this.options.saveFrameworkId(id);
    } catch (cause) {
      const message = `The Mesos framework id cannot be stored: ${messageOf(cause)}`;
      throw new OperationError(ERROR_CODES.STATE_UNWRITABLE, "SUBSCRIBE", message, { cause });
    }
    this.savedFrameworkId = id;
  }

  private onEvent(event: EventOfUse): void {
    const { log } = this.options;
    switch (event.type) {
      case "OFFERS":
        this.offers.arrived(event.offers.offers);
        return this.changed({ what: "offers" });
      case "RESCIND":
        if (this.pool.rescind(event.rescind.offer_id.value)) this.changed({ what: "offers" });
        return;
      case "UPDATE":
        return this.tasks.update(event.update.status);
      case "FAILURE": {
        const agentId = event.failure.agent_id?.value;
        log.warn({ agentId, executorId: event.failure.executor_id?.value }, "Mesos agent failed");
        if (agentId !== undefined) this.tasks.agentFailed(agentId);
        return;
      }
      case "MESSAGE":
        log.debug({ agentId: event.message.agent_id?.value }, "executor message ignored");
    }
  }

  private lost({ code, message }: OperationError): void {
    this.logOnce(code, message);
    if (this.connection.state !== "subscribed") return;
    if (this.connection.channel !== this.leaving) this.connection.channel.close();
    this.connection = { state: "lost", since: this.options.clock.now() };
    this.offers.disconnected();
    this.tasks.disconnected();
    this.changed({ what: "connection" });
  }

  private failed({ code, message }: OperationError): void {
    this.logOnce(code, message);
    if (this.connection.state !== "never" || this.connection.reason === message) return;
    this.connection = { state: "never", reason: message };
    this.changed({ what: "connection" });
  }

  /** A master that is away for an hour is told of once. */
  private logOnce(code: string, message: string): void {
    if (this.stopping || this.logged === message) return;
    this.logged = message;
    this.options.log.warn({ code, error: message }, "no subscription to Mesos, trying again");
  }

  private channel(operation: string): CallChannel {
    if (this.connection.state === "subscribed") return this.connection.channel;
    const message = "There is no subscription to a Mesos master at present.";
    throw new OperationError(ERROR_CODES.MESOS_UNREACHABLE, operation, message);
  }

  private changed(change: MesosChange): void {
    this.options.onChange(change);
  }
}
