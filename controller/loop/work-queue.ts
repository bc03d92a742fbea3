/**
 * A queue of keys after client-go's workqueue: a key is queued once however often it is added,
 * never worked on twice at a time, and comes back when it was added while being worked on.
 */
import type { Clock } from "../model/ports.ts";

export class WorkQueue {
  private readonly waiting = new Set<string>();
  private readonly working = new Set<string>();
  private readonly timers = new Map<string, { at: number; cancel: () => void }>();
  private stopped = false;
  private idle: (() => void)[] = [];

  /** @param workers keys worked on at the same time */
  constructor(
    private readonly clock: Clock,
    private readonly workers: number,
    private readonly work: (key: string) => Promise<void>,
  ) {}

  add(key: string): void {
    if (this.stopped) return;
    this.cancelTimer(key);
    this.waiting.add(key);
    this.drain();
  }

  /** Adds the key at `at` (milliseconds since the epoch); an earlier time for it wins. */
  addAt(key: string, at: number): void {
    if (this.stopped) return;
    const known = this.timers.get(key);
    if (known !== undefined && known.at <= at) return;
    known?.cancel();
    const delay = Math.max(0, at - this.clock.now());
    const cancel = this.clock.after(delay, () => {
      this.timers.delete(key);
      this.add(key);
    });
    this.timers.set(key, { at, cancel });
  }

  forget(key: string): void {
    this.cancelTimer(key);
    this.waiting.delete(key);
  }

  /** Takes nothing new and resolves when the keys in work are done. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const key of [...this.timers.keys()]) this.cancelTimer(key);
    this.waiting.clear();
    if (this.working.size === 0) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  get depth(): number {
    return this.waiting.size;
  }

  private drain(): void {
    for (const key of this.waiting) {
      if (this.working.size >= this.workers) return;
      if (this.working.has(key)) continue;
      this.waiting.delete(key);
      this.working.add(key);
      void this.run(key);
    }
  }

  /** `work` handles operating errors itself; whatever it throws is a programmer error: crash. */
  private async run(key: string): Promise<void> {
    try {
      // What came in the same breath is taken in first: of a backlog the newest news counts.
      await Promise.resolve();
      if (!this.stopped) await this.work(key);
    } finally {
      this.working.delete(key);
      this.drain();
      if (this.stopped && this.working.size === 0) for (const done of this.idle.splice(0)) done();
    }
  }

  private cancelTimer(key: string): void {
    this.timers.get(key)?.cancel();
    this.timers.delete(key);
  }
}
