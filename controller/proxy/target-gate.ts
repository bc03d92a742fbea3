/**
 * Decides at every moment which target is served, if any, and lets requests wait for one.
 *
 * Targets are fenced by epoch and raft term: whoever was elected in a later one wins, whatever the
 * order in which the news arrive. A target at which a connection failed is suspected: nobody is
 * sent there until one probe for all has got through, or another target is named.
 */
import type { ObservedProxy } from "../model/observed.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { type Found, Prober } from "./prober.ts";
import { type ProxyTarget, Upstream } from "./upstream.ts";

export interface TargetGateOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Where a target says whether it is ready to serve; null: it is not asked. */
  readonly readyPath: string | null;
  /** {@link TargetGate.served} has changed. */
  onChange(): void;
}

interface Waiter {
  readonly settle: (opened: boolean) => void;
}

export class TargetGate {
  /** The newest target that was ever accepted; its term is the fence. */
  private fence: ProxyTarget | null = null;
  private upstream: Upstream | null = null;
  /** Set while the target is suspected, or has not yet said that it is ready. */
  private prober: Prober | null = null;
  /** It has not said so yet, or the first probe after a suspicion has failed too. */
  private unserved = false;
  /** The one in force, and those that are ending their last answers. */
  private readonly upstreams = new Set<Upstream>();
  private closed = false;
  private readonly waiters = new Set<Waiter>();

  constructor(private readonly options: TargetGateOptions) {}

  /** The target in force, whether it answers or not. */
  get assigned(): ProxyTarget | null {
    return this.upstream === null ? null : this.fence;
  }

  /** The target in force, unless it was found not to answer, or not to be ready. */
  get served(): ObservedProxy["target"] {
    return this.unserved ? null : this.assigned;
  }

  /** Where to send a request now; null: it has to wait. */
  get open(): Upstream | null {
    return this.prober === null ? this.upstream : null;
  }

  setTarget(target: ProxyTarget): void {
    if (this.closed) return;
    const { fence } = this;
    if (fence !== null) {
      const later = target.epoch - fence.epoch || target.term - fence.term;
      if (later < 0 || (later === 0 && target.ip !== fence.ip)) return this.refuse(target, fence);
    }
    this.fence = target;
    const { upstream } = this;
    if (upstream?.ip === target.ip && upstream.port === target.port) {
      // Whoever names it has just heard from it, so a suspicion is worth another look.
      this.prober?.nudge();
      if (fence?.term !== target.term) this.options.onChange();
      return;
    }
    this.options.log.info({ target }, "proxy target set");
    this.upstream = this.newUpstream(target);
    this.endSuspicion();
    if (this.options.readyPath !== null) {
      this.unserved = true;
      this.probe(target);
    }
    // Whoever can leave the former one goes to this one at once.
    upstream?.drain();
    if (this.prober === null) this.admit();
    this.options.onChange();
  }

  dropTarget(ip: string): void {
    const { upstream } = this;
    if (upstream?.ip !== ip) return;
    this.endSuspicion();
    this.upstream = null;
    upstream.drain();
    this.options.log.info({ ip }, "proxy target dropped");
    this.options.onChange();
  }

  /** Nobody is sent to the target in force before it answers, and says that it is ready. */
  get isAsked(): boolean {
    return this.prober !== null;
  }

  /** Somebody has heard that it does not serve: it is asked, and until it answers nobody is sent there. */
  doubtTarget(ip: string): void {
    if (this.upstream?.ip === ip) this.suspect(this.upstream);
  }

  /** A connection to `upstream` failed, or ended before its answer. */
  suspect(upstream: Upstream): void {
    if (upstream !== this.upstream || this.prober !== null) return;
    this.probe(upstream);
  }

  private probe({ ip, port }: Pick<ProxyTarget, "ip" | "port">): void {
    const { clock, readyPath } = this.options;
    const term = () => this.fence?.term ?? 0;
    this.prober = new Prober({
      ...{ ip, port, clock, readyPath, term },
      onAnswer: () => {
        const was = this.unserved;
        this.admit();
        this.options.log.info({ ip }, "proxy target serves");
        if (was) this.options.onChange();
      },
      onFailure: (found) => this.lose(ip, found),
    });
  }

  /**
   * Waits for a target.
   *
   * @param until milliseconds of the clock
   * @param onGone registers what to do when the client has gone; returns how to unregister
   * @returns false: the time is over, the client has gone, or the proxy closes
   */
  wait(until: number, onGone: (left: () => void) => () => void): Promise<boolean> {
    if (this.closed) return Promise.resolve(false);
    const { clock } = this.options;
    return new Promise((resolve) => {
      const settle = (opened: boolean) => {
        if (!this.waiters.delete(waiter)) return;
        cancelTimer();
        stay();
        resolve(opened);
      };
      const waiter: Waiter = { settle };
      this.waiters.add(waiter);
      const cancelTimer = clock.after(Math.max(0, until - clock.now()), () => settle(false));
      const stay = onGone(() => settle(false));
    });
  }

  /** Takes no target any more; everybody who waits is sent away, WebSockets are closed. */
  close(): void {
    this.closed = true;
    this.endSuspicion();
    for (const waiter of this.waiters) waiter.settle(false);
    const { upstream } = this;
    this.upstream = null;
    upstream?.drain();
  }

  /** Ends whatever still goes on at any target. */
  abort(): void {
    for (const upstream of this.upstreams) upstream.abort();
  }

  private newUpstream({ ip, port }: ProxyTarget): Upstream {
    const { clock } = this.options;
    const upstream: Upstream = new Upstream({
      ip,
      port,
      clock,
      onEmpty: () => this.upstreams.delete(upstream),
    });
    this.upstreams.add(upstream);
    return upstream;
  }

  private admit(): void {
    this.endSuspicion();
    for (const waiter of this.waiters) waiter.settle(true);
  }

  private lose(ip: string, found: Found): void {
    if (this.unserved) return;
    this.unserved = true;
    this.options.log.warn({ ip, found }, "proxy target does not serve");
    this.options.onChange();
  }

  private endSuspicion(): void {
    this.prober?.stop();
    this.prober = null;
    this.unserved = false;
  }

  private refuse(target: ProxyTarget, fence: ProxyTarget): void {
    this.options.log.warn({ target, inForce: fence }, "proxy target of an older term refused");
  }
}
