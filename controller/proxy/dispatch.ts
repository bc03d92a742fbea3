/** Gets one exchange answered: waits for a target, tries, and tries again where that is safe. */
import type { Clock } from "../model/ports.ts";
import { delayAfter } from "../support/backoff.ts";
import type { Outcome } from "./attempt.ts";
import { LIMITS } from "./limits.ts";
import type { TargetGate } from "./target-gate.ts";
import { HANGS_UP, INTERRUPTED, NO_TARGET, OVERLOADED, type Refusal } from "./unavailable.ts";
import type { Upstream } from "./upstream.ts";

/** A request, or the opening of a WebSocket, as its client sees it. */
export interface Exchange {
  /** The client has gone. */
  readonly gone: boolean;
  /** Registers what to do when the client has gone; returns how to unregister. */
  onGone(left: () => void): () => void;
  attempt(upstream: Upstream): Promise<Outcome>;
  refuse(refusal: Refusal): void;
}

export interface Dispatch {
  readonly gate: TargetGate;
  readonly clock: Clock;
  /** How long a request waits for a target, in milliseconds, from the first failure on. */
  readonly holdMs: () => number;
  /** Who waits now, and how many may. */
  readonly held: { waiting: number; readonly max: number };
  onHeld(): void;
  onRetry(): void;
  onRefused(): void;
}

export async function dispatch(exchange: Exchange, by: Dispatch): Promise<void> {
  const refusal = await untilAnswered(exchange, by);
  if (refusal === null || exchange.gone) return;
  by.onRefused();
  exchange.refuse(refusal);
}

async function untilAnswered(exchange: Exchange, by: Dispatch): Promise<Refusal | null> {
  const { gate, clock } = by;
  const failures = new Failures();
  let until: number | null = null;
  while (!exchange.gone) {
    if (until !== null && clock.now() >= until) return NO_TARGET;
    const upstream = gate.open;
    if (upstream === null) {
      if (by.held.waiting >= by.held.max) return OVERLOADED;
      if (until === null) by.onHeld();
      until ??= clock.now() + by.holdMs();
      by.held.waiting += 1;
      const opened = await gate.wait(until, (left) => exchange.onGone(left));
      by.held.waiting -= 1;
      if (!opened) return NO_TARGET;
      continue;
    }
    const outcome = await exchange.attempt(upstream);
    if (outcome === "done") return null;
    gate.suspect(upstream);
    if (outcome === "interrupted") return INTERRUPTED;
    until ??= clock.now() + by.holdMs();
    const delayMs = failures.add(upstream, outcome);
    if (delayMs === null) return HANGS_UP;
    by.onRetry();
    if (delayMs > 0) await pause(delayMs, exchange, clock);
  }
  return null;
}

/** Failures of one exchange in a row at the same target, so that it does not spin there. */
class Failures {
  private upstream: Upstream | null = null;
  private count = 0;
  private hangUps = 0;

  /** @returns milliseconds to wait before the next try; null: no further try here */
  add(upstream: Upstream, outcome: Outcome): number | null {
    if (upstream.draining) return 0;
    if (upstream !== this.upstream) {
      this.upstream = upstream;
      this.count = 0;
      this.hangUps = 0;
    }
    this.count += 1;
    if (outcome === "hung-up") this.hangUps += 1;
    if (this.hangUps >= LIMITS.hangUpsMax) return null;
    return this.count === 1 ? 0 : delayAfter(LIMITS.retry, this.count - 1);
  }
}

function pause(delayMs: number, exchange: Exchange, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      stay();
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    const stay = exchange.onGone(end);
  });
}
