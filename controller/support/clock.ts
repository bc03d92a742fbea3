/** The clock of this machine. */
import type { Clock } from "../model/ports.ts";

/** Some 24.8 days. Node makes 1 ms of a longer delay, which would turn a long wait into a loop. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  /** However long: a wait beyond the longest timer of the machine is made of several. */
  after(delayMs, callback) {
    if (Number.isNaN(delayMs) || delayMs < 0) throw new Error(`not a delay: ${delayMs} ms`);
    let timer: NodeJS.Timeout;
    const wait = (restMs: number) => {
      timer =
        restMs <= TIMER_MS_MAX
          ? setTimeout(callback, restMs)
          : setTimeout(() => wait(restMs - TIMER_MS_MAX), TIMER_MS_MAX);
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};

/** Milliseconds since some moment; never set, and goes on while this process is stopped. */
export function monotonicMs(): number {
  return performance.now();
}

/** For spans alone: a clock that is set makes none of them longer or shorter. */
export const steadyClock: Clock = { ...systemClock, now: monotonicMs };
