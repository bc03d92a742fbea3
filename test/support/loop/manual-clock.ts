/** A clock that stands still until it is moved; timers fire in the order of their time. */
import type { Clock } from "../../../controller/model/ports.ts";

interface Timer {
  at: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  private readonly timers = new Set<Timer>();

  constructor(private time: number) {}

  now(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.time + delayMs, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Somebody corrects it; timers do not go by it. */
  setBack(ms: number): void {
    this.time -= ms;
    for (const timer of this.timers) timer.at -= ms;
  }

  /** Moves on to the next timer and fires it; false when there is none. */
  next(): boolean {
    const [first] = [...this.timers].sort((a, b) => a.at - b.at);
    if (first === undefined) return false;
    this.timers.delete(first);
    this.time = Math.max(this.time, first.at);
    first.callback();
    return true;
  }
}
