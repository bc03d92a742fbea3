/** Who this framework is to Mesos, and whether a master listens to it now. */
import { ERROR_CODES, type ErrorCode, messageOf, OperationError } from "../model/errors.ts";
import * as source from "../model/observed.ts";
import type { Source } from "../model/observed.ts";
import type { Clock, Logger } from "../model/ports.ts";
import type { CallChannel } from "./http/call-channel.ts";

export interface RegistrationOptions {
  /** As it was last saved; null: this framework was never registered. */
  readonly frameworkId: string | null;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * A person says so: when the master has removed the framework that was saved, another one is
   * registered in its place. Until the first subscription of this process; a removal after it is
   * news to that person too.
   */
  readonly replacesRemoved?: boolean;
  /** Resolves when it is durable. */
  saveFrameworkId(id: string): Promise<void>;
}

type State =
  | { readonly is: "never"; readonly reason: string }
  | { readonly is: "lost"; readonly since: number; readonly reason?: string }
  | { readonly is: "subscribed"; readonly master: string; readonly channel: CallChannel };

/** While the masters are away, why there is none is worth telling. */
const SAID_OF_ALL_MASTERS: ReadonlySet<ErrorCode> = new Set([
  ERROR_CODES.MESOS_NO_LEADER,
  ERROR_CODES.ZOOKEEPER_UNREACHABLE,
  ERROR_CODES.ZOOKEEPER_REFUSED,
]);

export class Registration {
  private state: State = { is: "never", reason: "no Mesos master has answered yet" };
  private id: string | null;
  private savedId: string | null;
  /** The last reason why there is no subscription, as it was logged. */
  private logged: string | null = null;

  constructor(private readonly options: RegistrationOptions) {
    this.id = options.frameworkId;
    this.savedId = options.frameworkId;
  }

  get frameworkId(): string | null {
    return this.id;
  }

  /** `host:port` of the leading master while subscribed. */
  get master(): string | null {
    return this.state.is === "subscribed" ? this.state.master : null;
  }

  get channel(): CallChannel | null {
    return this.state.is === "subscribed" ? this.state.channel : null;
  }

  /** @throws OperationError ERR_MESOS_UNREACHABLE when there is no subscription */
  channelFor(operation: string): CallChannel {
    if (this.channel !== null) return this.channel;
    const message = "There is no subscription to a Mesos master at present.";
    throw new OperationError(ERROR_CODES.MESOS_UNREACHABLE, operation, message);
  }

  /** Unknown before the first subscription, stale while there is none. */
  observe<T>(valueOf: (frameworkId: string) => T): Source<T> {
    const { state, id } = this;
    if (state.is === "never") return source.unknown(state.reason);
    if (id === null) return source.unknown("no framework id");
    if (state.is === "subscribed") return source.fresh(valueOf(id));
    return source.stale(valueOf(id), state.since, state.reason);
  }

  /**
   * The master has removed this framework.
   * @returns whether another one is to be registered: what is saved stays until the master gave its id
   */
  replace(): boolean {
    const { replacesRemoved, log } = this.options;
    if (replacesRemoved !== true || this.id === null || this.state.is !== "never") return false;
    log.warn({ removed: this.id }, "Mesos has removed the framework, registering another one");
    this.id = null;
    return true;
  }

  /** @throws OperationError ERR_STATE_UNWRITABLE */
  async keepFrameworkId(id: string): Promise<void> {
    // Kept even if it cannot be saved: the next subscription must not become a second framework.
    this.id = id;
    if (this.savedId === id) return;
    try {
      await this.options.saveFrameworkId(id);
    } catch (cause) {
      const message = `The Mesos framework id cannot be stored: ${messageOf(cause)}`;
      throw new OperationError(ERROR_CODES.STATE_UNWRITABLE, "SUBSCRIBE", message, { cause });
    }
    this.savedId = id;
  }

  subscribed(master: string, channel: CallChannel): void {
    this.state = { is: "subscribed", master, channel };
    this.logged = null;
    this.options.log.info({ master, frameworkId: this.id }, "subscribed to Mesos");
  }

  /** The subscription is over. */
  lost(): void {
    this.state = { is: "lost", since: this.options.clock.now() };
  }

  /** @returns whether this changes what {@link observe} says */
  failed({ code, message: reason }: OperationError): boolean {
    const { state } = this;
    if (state.is === "subscribed") return false;
    // What each of several masters answers in turn would be news all the time.
    if (state.is === "lost" && !SAID_OF_ALL_MASTERS.has(code)) return false;
    if (state.reason === reason) return false;
    this.state = { ...state, reason };
    return true;
  }

  /** A master that is away for an hour is told of once. */
  logOnce({ code, message }: OperationError): void {
    if (this.logged === message) return;
    this.logged = message;
    this.options.log.warn({ code, error: message }, "no subscription to Mesos, trying again");
  }
}
