/**
 * The clock of one simulated process: its timers die with it, and its idea of the time may jump.
 */
import type { Clock } from "../../../controller/model/ports.ts";

export class ProcessClock implements Clock {
  private skewMs = 0;
  private ended = false;
  /** What came due while the process was stopped; null while it runs. */
  private due: (() => void)[] | null = null;

  constructor(private readonly world: Clock) {}

  now(): number {
    return this.world.now() + this.skewMs;
  }

  /** Delays are unmoved by jumps: they are measured on the monotonic clock. */
  after(delayMs: number, callback: () => void): () => void {
    let cancelled = false;
    const cancel = this.world.after(delayMs, () => {
      this.callNowOrLater(() => {
        if (!cancelled) callback();
      });
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** @param ms forward, or back when negative */
  jump(ms: number): void {
    this.skewMs += ms;
  }

  /** As by SIGSTOP. */
  pause(): void {
    this.due ??= [];
  }

  /** As by SIGCONT: what came due in the meantime happens now. */
  resume(): void {
    const due = this.due ?? [];
    this.due = null;
    for (const callback of due) this.callNowOrLater(callback);
  }

  get paused(): boolean {
    return this.due !== null;
  }

  /** No callback runs any more. */
  end(): void {
    this.ended = true;
  }

  private callNowOrLater(callback: () => void): void {
    if (this.ended) return;
    if (this.due === null) callback();
    else this.due.push(callback);
  }
}
