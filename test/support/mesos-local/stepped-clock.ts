/** A clock that moves only when told to; timers fire in the order of their time. */
import type { Clock } from "../../../controller/model/ports.ts";

export class SteppedClock implements Clock {
  private readonly timers = new Set<{ at: number; callback: () => void }>();

  constructor(private time = 1_700_000_000_000) {}

  now(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.time + delayMs, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Fires everything that falls due within `ms`, timers set meanwhile included. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const [first] = [...this.timers].sort((a, b) => a.at - b.at);
      if (first === undefined || first.at > end) break;
      this.timers.delete(first);
      this.time = first.at;
      first.callback();
    }
    this.time = end;
  }
}
