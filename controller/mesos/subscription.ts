/**
 * Keeps one subscription at a time: finds the leading master, subscribes, hands the events on, and
 * begins again when the stream breaks. At most one stream is open, so "Framework failed over" can
 * only mean another scheduler.
 */
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { type Backoff, delayAfter, jittered } from "../support/backoff.ts";
import type { MasterConnections } from "./http/connections.ts";
import { type EventStream, openEventStream } from "./http/event-stream.ts";
import { addressText, type MasterAddress } from "./http/master-address.ts";
import type { MasterDetector } from "./master-detector.ts";
import { follow, streamEnded, type SubscriptionHandler } from "./session.ts";

export const RESUBSCRIBE_PACE: Backoff = { firstMs: 100, capMs: 5000 };
/** A subscription that lived so long was no part of a series of failures. */
const HEALTHY_MS = 10_000;
const REDIRECTS_MAX = 4;

export interface SubscriptionDeps {
  readonly detector: MasterDetector;
  readonly transport: MasterConnections;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1. */
  readonly random: () => number;
}

export class Subscription {
  private readonly stopping = new AbortController();
  private running: Promise<void> | null = null;
  private stream: EventStream | null = null;
  /** The master that is asked or followed now; aborting it ends that, and no more. */
  private current: { readonly master: MasterAddress; readonly ending: AbortController } | null =
    null;
  /** The candidates have changed since they were last asked for. */
  private outdated = false;
  private wake: (() => void) | null = null;
  private paused: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly deps: SubscriptionDeps,
    private readonly handler: SubscriptionHandler,
  ) {}

  start(): void {
    if (this.running !== null) throw new Error("the subscription was started before");
    this.running = this.run();
  }

  /** Closes the stream. The master keeps the tasks until the failover timeout has passed. */
  async stop(): Promise<void> {
    this.retire();
    await this.running;
    await this.deps.detector.close();
  }

  /** Ends the stream; none follows. Does not wait. */
  retire(): void {
    this.end();
    this.wake?.();
  }

  /** No new subscription begins before this is settled; the stream that is open goes on. */
  pauseUntil(settled: Promise<unknown>): void {
    this.paused = settled;
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    const { clock, detector, random } = this.deps;
    const forgetChanges = detector.onChange(() => this.leaderMayHaveMoved());
    let failures = 0;
    while (!this.stopped) {
      const startedAt = clock.now();
      const subscribed = await this.round();
      await Promise.allSettled([this.paused]);
      if (this.stopped) break;
      const healthy = subscribed && clock.now() - startedAt >= HEALTHY_MS;
      failures = healthy || this.outdated ? 0 : failures + 1;
      if (failures > 0)
        await this.pause(jittered(delayAfter(RESUBSCRIBE_PACE, failures), random()));
    }
    forgetChanges();
  }

  /**
   * Tries every candidate until one has taken a subscription, and follows it to its end.
   * @returns whether there was one
   */
  private async round(): Promise<boolean> {
    const tried = new Set<string>();
    this.outdated = false;
    let error = this.deps.detector.problem();
    for (const candidate of this.deps.detector.candidates()) {
      for (let at: MasterAddress | null = candidate, hops = 0; at !== null; hops += 1) {
        // A redirect to a master that was just found dead (seen for 10 s after its death).
        if (this.stopped || this.outdated) break;
        if (tried.has(addressText(at)) || hops > REDIRECTS_MAX) break;
        tried.add(addressText(at));
        const outcome = await this.attempt(at);
        if (outcome.kind === "ended") return true;
        // A refusal says more than a master that is away.
        if (outcome.kind === "failed" && error?.code !== ERROR_CODES.MESOS_REFUSED) {
          error = outcome.error;
        }
        at = outcome.kind === "redirect" ? outcome.to : null;
      }
    }
    if (error !== null && !this.stopped && !this.outdated) this.handler.failed(error);
    return false;
  }

  private async attempt(master: MasterAddress): Promise<AttemptOutcome> {
    const { detector, transport, clock, log } = this.deps;
    let subscribed = false;
    const ending = new AbortController();
    this.current = { master, ending };
    try {
      const call = this.handler.subscribeCall();
      const opening = await openEventStream(master, call, transport, clock, ending.signal);
      if (opening.kind === "redirect") {
        log.debug({ master: addressText(master), to: addressText(opening.to) }, "redirected");
        return opening;
      }
      this.stream = opening.stream;
      await follow(opening.stream, {
        master,
        log,
        handler: this.handler,
        onSubscribed: () => {
          subscribed = true;
        },
        onServed: () => detector.leads(master),
        giveUp: (error) => this.giveUp(error),
      });
      throw streamEnded(master);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      if (!this.stopped) detector.failed(master);
      if (!subscribed) {
        log.debug({ master: addressText(master), error: error.message }, "not subscribed");
        return { kind: "failed", error };
      }
      this.handler.lost(error);
      return { kind: "ended" };
    } finally {
      this.stream = null;
      this.current = null;
    }
  }

  private end(): void {
    this.stopping.abort();
    this.current?.ending.abort();
  }

  private giveUp(error: OperationError): void {
    this.end();
    this.handler.fatal(error);
  }

  private leaderMayHaveMoved(): void {
    this.outdated = true;
    this.wake?.();
    const { current, stream } = this;
    const candidates = this.deps.detector.candidates().map(addressText);
    if (current === null || candidates.length === 0) return;
    if (candidates.includes(addressText(current.master))) return;
    const message = "Another Mesos master leads now.";
    const moved = new OperationError(ERROR_CODES.MESOS_UNREACHABLE, "read events", message);
    stream?.close(moved);
    // One that hangs has not been heard out; nobody waits for that.
    current.ending.abort();
  }

  private async pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.deps.clock.after(delayMs, resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
      if (this.stopped) this.wake();
    });
    this.wake = null;
  }
}

type AttemptOutcome =
  | { readonly kind: "ended" }
  | { readonly kind: "failed"; readonly error: OperationError }
  | { readonly kind: "redirect"; readonly to: MasterAddress };
