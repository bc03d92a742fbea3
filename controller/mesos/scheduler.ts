/**
 * Our Mesos framework's scheduler, over the v1 HTTP API of any Mesos 1.x master. It keeps what
 * Mesos says in order and carries out what it is told; it decides nothing about the cluster.
 */
import type { OperationError } from "../model/errors.ts";
import type { ClusterKey } from "../model/ids.ts";
import type { ObservedMesos, Source } from "../model/observed.ts";
import { removed } from "./fatal-errors.ts";
import { type FrameworkOptions, Introduction } from "./framework-info.ts";
import { AgentAddresses } from "./http/agent-addresses.ts";
import { CallChannel, type SendCall } from "./http/call-channel.ts";
import type { MasterConnections } from "./http/connections.ts";
import { addressText, type MasterPlace } from "./http/master-address.ts";
import { SandboxReader } from "./http/sandbox-reader.ts";
import { Transport, type TransportOptions } from "./http/transport.ts";
import { type MasterDetector, StaticMasters } from "./master-detector.ts";
import { MaintenanceSchedule } from "./offers/maintenance-schedule.ts";
import { OfferCache } from "./offers/offer-cache.ts";
import type { OfferLog } from "./offers/offer-log.ts";
import { ReviveManager } from "./offers/revive-manager.ts";
import { drawFrom } from "./offers/usable-resources.ts";
import { Registration, type RegistrationOptions } from "./registration.ts";
import type { EventOfUse, Session } from "./session.ts";
import { Subscription } from "./subscription.ts";
import { FailureReasons } from "./tasks/failure-reasons.ts";
import type { TaskStore } from "./tasks/task-store.ts";
import { TaskTracker } from "./tasks/task-tracker.ts";
import type { TaskInfo, TaskStatus } from "./wire.ts";

export interface SchedulerOptions extends TransportOptions, RegistrationOptions {
  /** Any of them redirects to the leading one. None where there is a detector. */
  readonly masters: readonly MasterPlace[];
  /** Finds the leading master in another way than by the list. */
  readonly detector?: MasterDetector;
  /** Reaches the masters in another way than by sockets. */
  readonly transport?: MasterConnections;
  readonly framework: FrameworkOptions;
  /** What is known of the tasks; nobody else writes to it. */
  readonly tasks: TaskStore;
  /** From 0 to 1; spreads schedulers that come back at the same time. */
  readonly random?: () => number;
  /**
   * Something in {@link MesosScheduler.observe} has changed: the offers, or whether there is a
   * subscription and every task of a slot has answered, or what is planned for their agents. Of tasks
   * the store tells.
   */
  onChange(what: "offers" | "connection"): void;
}

export class MesosScheduler {
  /**
   * Resolves when trying on cannot help: ERR_FRAMEWORK_REMOVED, or another controller took over.
   */
  readonly fatal: Promise<OperationError>;
  private readonly transport: MasterConnections;
  private readonly registration: Registration;
  private readonly introduction: Introduction;
  private readonly offers: OfferCache;
  private readonly maintenance = new MaintenanceSchedule();
  private readonly revive: ReviveManager;
  private readonly tracker: TaskTracker;
  private readonly agents: AgentAddresses;
  private readonly reasons: FailureReasons;
  private readonly subscription: Subscription;
  private stopping = false;
  /** On it a TEARDOWN is under way. */
  private leaving: CallChannel | null = null;

  /** Throws when an option is wrong. Nothing is sent before {@link start}. */
  constructor(private readonly options: SchedulerOptions) {
    const { clock, log, tasks } = options;
    if (!(options.framework.failoverTimeoutSeconds >= 0)) throw new Error("no failover timeout");
    this.registration = new Registration(options);
    // A master with authentication refuses a framework whose principal is not who it claims to be.
    const principal = options.framework.principal ?? options.credentials?.principal;
    this.introduction = new Introduction({
      ...options.framework,
      ...(principal === undefined ? {} : { principal }),
    });
    this.transport = options.transport ?? new Transport(options);
    this.offers = new OfferCache(options.framework.role);
    const socket = options.masters.find((master) => master.socketPath !== undefined) ?? null;
    this.agents = new AgentAddresses(this.transport.scheme, socket);
    this.reasons = new FailureReasons({
      addresses: this.agents,
      reader: new SandboxReader(this.transport, clock),
      log,
      frameworkId: () => this.registration.frameworkId,
    });
    const send: SendCall = async (call) => this.registration.channelFor(call.type).send(call);
    const onReturned = () => options.onChange("offers");
    this.revive = new ReviveManager(this.offers, send, clock, log, onReturned);
    const onReconciled = () => options.onChange("connection");
    this.tracker = new TaskTracker({ store: tasks, clock, log, send, onReconciled });
    let onFatal: (error: OperationError) => void;
    this.fatal = new Promise((resolve) => {
      onFatal = resolve;
    });
    this.subscription = this.newSubscription((error) => onFatal(error));
  }

  start(): void {
    this.subscription.start();
  }

  /** Leaves the tasks running; the framework can be taken up again with its id. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.subscription.stop();
    await this.tracker.drain();
  }

  /**
   * Unknown before the first subscription, stale while there is none.
   * @param cluster whose tasks to show, at a cost that does not grow with the others'
   */
  observe(cluster: ClusterKey): Source<ObservedMesos> {
    return this.registration.observe((frameworkId) => ({
      frameworkId,
      reconciled: this.tracker.reconciled,
      tasks: this.options.tasks.tasksOf(cluster),
      offers: this.offers.offers(),
      maintenance: this.maintenance.get(),
    }));
  }

  /** The framework's id, as fresh as {@link observe}. */
  framework(): Source<string> {
    return this.registration.observe((frameworkId) => frameworkId);
  }

  /** What became of the latest offers. */
  get offerLog(): OfferLog {
    return this.offers.log;
  }

  /** `host:port` of the leading master while subscribed. */
  get master(): string | null {
    return this.registration.master;
  }

  /** True: offers shall come (REVIVE). False: none (SUPPRESS), and outstanding ones go back. */
  setDemand(wanted: boolean): void {
    this.revive.setDemand(wanted);
  }

  /**
   * Launches tasks on offers of one agent. The offers are taken, and the tasks are TASK_STAGING in
   * {@link observe}, when this returns its promise; it resolves when the master has the call.
   *
   * @throws OperationError ERR_OFFER_GONE: one is not outstanding, nothing was sent. Others as
   *   {@link TaskTracker.launch}.
   * @throws Error when offers are of several agents or a task id was used before
   */
  async accept(offerIds: readonly string[], tasks: readonly TaskInfo[]): Promise<void> {
    const ids = tasks.map((task) => task.task_id.value);
    const used = ids.find((taskId) => this.options.tasks.get(taskId) !== undefined);
    if (used !== undefined) throw new Error(`task id ${used} is used a second time`);
    const raw = this.offers.claim(offerIds, `launch ${ids.join(", ")}`).map(({ raw }) => raw);
    const needs = tasks.map((task) => task.resources);
    const resources = drawFrom(raw, needs, this.options.framework.role);
    const drawn = tasks.map((task, i) => ({ ...task, resources: resources[i] ?? task.resources }));
    try {
      await this.tracker.launch(offerIds, drawn);
    } catch (error) {
      this.revive.launchFailed(offerIds);
      throw error;
    }
  }

  /**
   * Sends KILL now and again until the task has ended; asking again changes nothing.
   * @param graceMs between TERM and KILL; left out: as the task's own kill policy says
   * @throws OperationError when it could not be sent now; it is repeated all the same
   */
  async kill(taskId: string, agentId: string | null, graceMs?: number): Promise<void> {
    await this.tracker.kill(taskId, agentId, graceMs);
  }

  /**
   * Ends the framework: Mesos kills all its tasks, and its id is dead.
   * @throws OperationError when there is no subscription or the master did not take it
   */
  async teardown(): Promise<void> {
    const channel = this.registration.channelFor("TEARDOWN");
    this.leaving = channel;
    // The master may end the stream before it answers, and that must not begin another one.
    const left = channel.send({ type: "TEARDOWN" }).then(() => this.subscription.retire());
    this.subscription.pauseUntil(left);
    try {
      await left;
    } finally {
      this.leaving = null;
      if (this.registration.channel === null) channel.close();
    }
    await this.stop();
  }

  private newSubscription(onFatal: (error: OperationError) => void): Subscription {
    const { options, transport } = this;
    const { clock, log } = options;
    const detector = options.detector ?? new StaticMasters(options.masters);
    const random = options.random ?? Math.random;
    return new Subscription(
      { detector, transport, clock, log, random },
      {
        subscribeCall: () =>
          this.introduction.subscribeCall(this.registration.frameworkId, this.revive.wantsOffers),
        subscribed: (session) => this.subscribed(session),
        event: (event) => this.onEvent(event),
        lost: (reason) => this.lost(reason),
        failed: (reason) => this.failed(reason),
        removed: () => this.registration.replace(),
        fatal: (error) => {
          log.error({ code: error.code, error: error.message }, "Mesos framework is lost");
          onFatal(error);
        },
      },
    );
  }

  private async subscribed(session: Session): Promise<void> {
    const { master, streamId, frameworkId, end } = session;
    const known = this.registration.frameworkId;
    if (known !== null && known !== frameworkId && !this.registration.replace()) {
      return session.giveUp(removed(`it answered with another id, ${frameworkId}`));
    }
    await this.registration.keepFrameworkId(frameworkId);
    const { clock } = this.options;
    const channel = new CallChannel(master, streamId, frameworkId, this.transport, clock, end);
    this.registration.subscribed(addressText(master), channel);
    this.revive.subscribed();
    this.tracker.subscribed();
    this.options.onChange("connection");
  }

  private onEvent(event: EventOfUse): void {
    const { log } = this.options;
    switch (event.type) {
      case "OFFERS":
        this.agents.learn(event.offers.offers);
        this.revive.arrived(event.offers.offers);
        return this.options.onChange("offers");
      case "RESCIND":
        if (this.offers.rescind(event.rescind.offer_id.value)) this.options.onChange("offers");
        return;
      case "INVERSE_OFFERS":
        this.maintenance.arrived(event.inverse_offers.inverse_offers);
        return this.options.onChange("connection");
      case "RESCIND_INVERSE_OFFER": {
        const { value } = event.rescind_inverse_offer.inverse_offer_id;
        if (this.maintenance.rescind(value)) this.options.onChange("connection");
        return;
      }
      case "UPDATE":
        return this.onStatus(event.update.status);
      case "FAILURE": {
        const agentId = event.failure.agent_id?.value;
        log.warn({ agentId, executorId: event.failure.executor_id?.value }, "Mesos agent failed");
        if (agentId !== undefined) this.tracker.agentFailed(agentId);
        return;
      }
      case "MESSAGE":
        log.debug({ agentId: event.message.agent_id?.value }, "executor message ignored");
    }
  }

  private onStatus(status: TaskStatus): void {
    const explained = this.reasons.explain(status);
    if (explained === null) return this.tracker.update(status);
    void explained.then((told) => {
      if (!this.stopping) this.tracker.update(told);
    });
  }

  private lost(reason: OperationError): void {
    if (!this.stopping) this.registration.logOnce(reason);
    const { channel } = this.registration;
    if (channel === null) return;
    if (channel !== this.leaving) channel.close();
    this.registration.lost();
    this.revive.disconnected();
    this.maintenance.clear();
    this.tracker.disconnected();
    this.options.onChange("connection");
  }

  private failed(reason: OperationError): void {
    this.introduction.failed(reason);
    if (!this.stopping) this.registration.logOnce(reason);
    if (this.registration.failed(reason)) this.options.onChange("connection");
  }
}
