/** The clock of this machine. */
import type { Clock } from "../model/ports.ts";

/** Node clamps a longer delay to 1 ms, which would turn a long wait into a busy loop. */
const DELAY_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    if (Number.isNaN(delayMs) || delayMs < 0) throw new Error(`not a delay: ${delayMs} ms`);
    const timer = setTimeout(callback, Math.min(delayMs, DELAY_MS_MAX));
    return () => clearTimeout(timer);
  },
};
