/** Timers beyond the 24.8 days of setTimeout, which would fire at once. */
import type { Clock } from "../ports.ts";

const TIMER_MS_MAX = 2 ** 31 - 1;

/** @returns the function that cancels it */
export function afterLong(clock: Clock, delayMs: number, callback: () => void): () => void {
  if (delayMs <= TIMER_MS_MAX) return clock.after(delayMs, callback);
  let cancel = clock.after(TIMER_MS_MAX, () => {
    cancel = afterLong(clock, delayMs - TIMER_MS_MAX, callback);
  });
  return () => cancel();
}
