/** A wait that is prolonged all the time: one event per wait, not one per prolongation. */
import type { Clock } from "../../../controller/model/ports.ts";

export class WakeTimer {
  private wakeAt = Infinity;
  private armed: { readonly at: number; readonly cancel: () => void } | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly onDue: () => void,
  ) {}

  /** Replaces the wait that is in force. */
  wakeIn(delayMs: number): void {
    this.wakeAt = this.clock.now() + delayMs;
    if (this.armed !== null && this.armed.at <= this.wakeAt) return;
    this.armed?.cancel();
    this.arm(delayMs);
  }

  stop(): void {
    this.armed?.cancel();
    this.armed = null;
  }

  private arm(delayMs: number): void {
    const cancel = this.clock.after(delayMs, () => this.onArmed());
    this.armed = { at: this.wakeAt, cancel };
  }

  private onArmed(): void {
    this.armed = null;
    const leftMs = this.wakeAt - this.clock.now();
    if (leftMs > 0) this.arm(leftMs);
    else this.onDue();
  }
}
