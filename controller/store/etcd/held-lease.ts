/**
 * A lease of the site's etcd that is kept alive, and known to be over before anybody else can see it
 * end: its time counts from the moment at which the last renewal that was answered was *sent*, by
 * this process's own monotonic clock. Once over it is over for good.
 */
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";
import type { Clock } from "../../model/ports.ts";
import { pause } from "../../support/pause.ts";
import type { StoreCalls } from "./store-calls.ts";

/** Renewals within one time to live. */
const RENEWALS = 5;
/** Of the time to live: what clocks may differ by, and an effect that has just been let through takes. */
const MARGIN = 0.1;
/** Milliseconds for the revocation; when it fails the lease ends by itself. */
const REVOKE_MS_MAX = 2_000;

export interface LeaseTime {
  readonly clock: Clock;
  /** Milliseconds since some moment; never set, and goes on while the process is stopped. */
  readonly monotonicMs: () => number;
}

export class HeldLease {
  /** Resolves when it is over, with the reason; never after {@link release}. */
  readonly ended: Promise<OperationError>;
  private why: OperationError | null = null;
  private readonly stopped = new AbortController();
  private tellEnd: (why: OperationError) => void = () => undefined;
  private cancelAlarm: () => void = () => undefined;
  private released: Promise<void> | null = null;

  private constructor(
    readonly id: string,
    private readonly heldMs: number,
    private readonly calls: StoreCalls,
    private readonly time: LeaseTime,
    private renewedAt: Moment,
  ) {
    this.ended = new Promise((resolve) => {
      this.tellEnd = resolve;
    });
    this.setAlarm();
    void this.keep();
  }

  /** @throws OperationError as {@link StoreCalls.call} */
  static async grant(calls: StoreCalls, ttlSeconds: number, time: LeaseTime): Promise<HeldLease> {
    let sentAt = momentOf(time);
    const granted = await calls.call("take a lease", (server, timeoutMs) => {
      sentAt = momentOf(time);
      return server.grantLease(ttlSeconds, timeoutMs);
    });
    const heldMs = granted.ttlSeconds * 1000 * (1 - MARGIN);
    return new HeldLease(granted.lease, heldMs, calls, time, sentAt);
  }

  isHeld(): boolean {
    if (this.why === null && this.leftMs() <= 0) this.end(this.ranOut());
    return this.why === null;
  }

  /** Why it is over; null: it is not. */
  reason(): OperationError | null {
    this.isHeld();
    return this.why;
  }

  /** Calls back once it is over or given back. */
  onOver(tell: () => void): void {
    if (this.stopped.signal.aborted) tell();
    else this.stopped.signal.addEventListener("abort", tell);
  }

  /** Somebody else has found that it is over. */
  end(why: OperationError): void {
    if (this.why !== null) return;
    this.why = why;
    this.stopped.abort();
    this.cancelAlarm();
    this.tellEnd(why);
  }

  /** Given back, so that nobody waits for its end. Idempotent. */
  release(): Promise<void> {
    this.released ??= this.giveBack();
    return this.released;
  }

  private async giveBack(): Promise<void> {
    this.why ??= notActing("it was given back");
    this.stopped.abort();
    this.cancelAlarm();
    try {
      const revoke = "give a lease back";
      await this.calls.call(revoke, (server, ms) => server.revokeLease(this.id, ms), REVOKE_MS_MAX);
    } catch (error) {
      // It ends by itself, and the calls have told why the store does not answer.
      if (!(error instanceof OperationError)) throw error;
    }
  }

  private async keep(): Promise<void> {
    const { signal } = this.stopped;
    const periodMs = this.heldMs / RENEWALS;
    while (!signal.aborted) {
      await pause(this.time.clock, periodMs, signal);
      if (!signal.aborted && this.isHeld()) await this.renew(periodMs);
    }
  }

  private async renew(periodMs: number): Promise<void> {
    let sentAt = momentOf(this.time);
    try {
      const isThere = await this.calls.call(
        "renew a lease",
        (server, timeoutMs) => {
          sentAt = momentOf(this.time);
          return server.keepAlive(this.id, timeoutMs);
        },
        Math.max(periodMs, 1_000),
      );
      if (!isThere) return this.end(notActing("its lease in the store is gone"));
      if (!this.isHeld()) return;
      this.renewedAt = sentAt;
      this.setAlarm();
    } catch (error) {
      // Until the time is over the next renewal may come through.
      if (!(error instanceof OperationError)) throw error;
    }
  }

  private setAlarm(): void {
    this.cancelAlarm();
    this.cancelAlarm = this.time.clock.after(Math.max(0, this.leftMs()), () => {
      // A timer may come early.
      if (this.isHeld()) this.setAlarm();
    });
  }

  private leftMs(): number {
    return this.heldMs - elapsedMs(this.renewedAt, momentOf(this.time));
  }

  private ranOut(): OperationError {
    const problem = this.calls.problem();
    const because = problem === null ? "" : `: ${messageOf(problem)}`;
    return notActing(`its lease was not renewed in time${because}`);
  }
}

interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

function momentOf({ clock, monotonicMs }: LeaseTime): Moment {
  return { monotonicMs: monotonicMs(), wallMs: clock.now() };
}

/**
 * The monotonic clock stands still while the whole machine sleeps, and the other one does not: the
 * longer time counts. One that is set forward costs a term at the worst.
 */
function elapsedMs(from: Moment, to: Moment): number {
  return Math.max(to.monotonicMs - from.monotonicMs, to.wallMs - from.wallMs);
}

export function notActing(why: string): OperationError {
  const message = `This controller does not act any more: ${why}. Nothing is changed by it.`;
  return new OperationError(ERROR_CODES.NOT_ACTING, "act for the site", message);
}
