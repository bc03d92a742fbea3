/**
 * Tells Mesos whether offers are wanted (REVIVE, SUPPRESS) and gives back those that nobody uses
 * (DECLINE). One thing after the other: a DECLINE that overtook a REVIVE would filter new offers.
 */
import { messageOf } from "../../model/errors.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import type { SendCall } from "../http/call-channel.ts";
import type { Offer } from "../wire.ts";
import type { OfferCache } from "./offer-cache.ts";

/** An offer that nobody claims for so long is given back, for others to use. */
export const OFFER_HOLD_MS = 30_000;
/** A launch that was decided before demand ended still finds its offers. */
export const UNWANTED_HOLD_MS = 2000;
/** For how long Mesos shall keep an offer away that did not fit. */
const REFUSE_SECONDS = 5;
/** A SUPPRESS that a master forgets or takes late brings none of them back; REVIVE clears it. */
const REFUSE_SECONDS_UNWANTED = 300;
/** Offers are asked for again when none has come for so long: the call may have been lost. */
export const REVIVE_AGAIN_MS = 60_000;
const RETRY_MS = 1000;

export class ReviveManager {
  private wanted = false;
  /** When demand last ended, milliseconds since the epoch. */
  private unwantedSince = Number.NEGATIVE_INFINITY;
  /** What the master was told on this subscription; null: nothing yet, or nobody can say. */
  private told: boolean | null = null;
  /** When an offer came or was last asked for, milliseconds since the epoch. */
  private lastSignAt = 0;
  /** Number of the subscription; null while there is none. */
  private subscription: number | null = null;
  private subscriptions = 0;
  private working = false;
  private surplus: string[] = [];
  private cancelTimer: (() => void) | null = null;

  constructor(
    private readonly cache: OfferCache,
    private readonly send: SendCall,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly onChange: () => void,
  ) {}

  setDemand(wanted: boolean): void {
    if (this.wanted === wanted) return;
    this.wanted = wanted;
    if (!wanted) this.unwantedSince = this.clock.now();
    this.work();
  }

  get wantsOffers(): boolean {
    return this.wanted;
  }

  subscribed(): void {
    this.subscription = ++this.subscriptions;
    this.told = null;
    this.work();
  }

  disconnected(): void {
    this.subscription = null;
    this.cache.log.ended(this.surplus, "Lost");
    this.surplus = [];
    this.cache.clear();
    this.stopTimer();
  }

  arrived(offers: readonly Offer[]): void {
    this.lastSignAt = this.clock.now();
    this.surplus.push(...this.cache.add(offers, this.clock.now()));
    this.work();
  }

  /**
   * A launch on these has failed, and nobody knows how far it came: a master that has not heard of
   * it still counts them as ours, and would offer nothing of that agent again.
   */
  launchFailed(offerIds: readonly string[]): void {
    if (this.subscription === null) return;
    this.surplus.push(...offerIds);
    this.work();
  }

  private work(): void {
    const { subscription } = this;
    if (subscription === null || this.working) return;
    this.working = true;
    this.stopTimer();
    this.workOff(subscription).then(
      () => this.rest(null),
      (error: unknown) => this.rest(error),
    );
  }

  private async workOff(subscription: number): Promise<void> {
    while (this.subscription === subscription) {
      if (this.told !== this.wanted || this.isOverdue()) await this.tellDemand(subscription);
      else if (!(await this.giveBack(subscription))) return;
    }
  }

  private async tellDemand(subscription: number): Promise<void> {
    const { wanted } = this;
    // A call that fails may have been carried out.
    this.told = null;
    await this.send({ type: wanted ? "REVIVE" : "SUPPRESS" });
    // A new subscription meanwhile has been told nothing.
    if (this.subscription === subscription) this.told = wanted;
    this.lastSignAt = this.clock.now();
  }

  private isOverdue(): boolean {
    const now = this.clock.now();
    // The clock may have been set back since.
    this.lastSignAt = Math.min(this.lastSignAt, now);
    return this.wanted && this.cache.size === 0 && now - this.lastSignAt >= REVIVE_AGAIN_MS;
  }

  /** @returns false when there is nothing to give back */
  private async giveBack(subscription: number): Promise<boolean> {
    const unused = [...this.surplus, ...this.cache.takeOlder(this.arrivedAtMax())];
    if (unused.length === 0) return false;
    this.surplus = [];
    this.onChange();
    const refuse_seconds = this.wanted ? REFUSE_SECONDS : REFUSE_SECONDS_UNWANTED;
    const offer_ids = unused.map((value) => ({ value }));
    try {
      await this.send({ type: "DECLINE", decline: { offer_ids, filters: { refuse_seconds } } });
    } catch (error) {
      // They are no longer looked at, but the master still counts them as ours.
      if (this.subscription === subscription) this.surplus.push(...unused);
      throw error;
    }
    this.cache.log.declined(unused, refuse_seconds);
    return true;
  }

  /** Offers that arrived until this moment go back now. */
  private arrivedAtMax(): number {
    const now = this.clock.now();
    if (this.wanted) return now - OFFER_HOLD_MS;
    // All of them, also those that seem to come from the future because the clock was set back.
    const due = now >= this.unwantedSince + UNWANTED_HOLD_MS;
    return due ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  /** When the oldest offer goes back, or offers are asked for again; null: nothing is due. */
  private dueAt(): number | null {
    const oldest = this.cache.oldestArrival();
    if (oldest === null) return this.wanted ? this.lastSignAt + REVIVE_AGAIN_MS : null;
    return this.wanted ? oldest + OFFER_HOLD_MS : this.unwantedSince + UNWANTED_HOLD_MS;
  }

  /** Until there is something to do: a new event, the oldest offer's time, or another try. */
  private rest(error: unknown): void {
    this.working = false;
    if (this.subscription === null) return;
    if (error !== null) {
      this.log.warn({ error: messageOf(error) }, "Mesos offer call failed, trying again");
      this.wakeAfter(RETRY_MS);
    } else if (this.told !== this.wanted || this.surplus.length > 0) {
      this.work();
    } else {
      const dueAt = this.dueAt();
      if (dueAt !== null) this.wakeAfter(Math.max(0, dueAt - this.clock.now()));
    }
  }

  private wakeAfter(delayMs: number): void {
    this.stopTimer();
    this.cancelTimer = this.clock.after(delayMs, () => this.work());
  }

  private stopTimer(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }
}
