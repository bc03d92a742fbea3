/** Truncated exponential backoff. Pure. */

export interface Backoff {
  /** Delay after the first attempt, milliseconds. */
  readonly firstMs: number;
  readonly capMs: number;
}

/** @param attempts how many there were, 1 or more; each doubles the delay */
export function delayAfter({ firstMs, capMs }: Backoff, attempts: number): number {
  return Math.min(capMs, firstMs * 2 ** Math.min(attempts - 1, 30));
}

/**
 * Half of the delay is random, so that schedulers which lost one master do not come to the next in
 * step. @param random from 0 to 1
 */
export function jittered(delayMs: number, random: number): number {
  return delayMs * (0.5 + random / 2);
}
