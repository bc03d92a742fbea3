/** Truncated exponential backoff. Pure. */

export interface Backoff {
  /** Delay after the first attempt, milliseconds. */
  readonly firstMs: number;
  readonly capMs: number;
  /** What each further attempt multiplies the delay by; 2 when left out. */
  readonly growth?: number;
}

/** @param attempts how many there were, 1 or more */
export function delayAfter({ firstMs, capMs, growth = 2 }: Backoff, attempts: number): number {
  return Math.min(capMs, firstMs * growth ** (attempts - 1));
}

/**
 * Half of the delay is random, so that schedulers which lost one master do not come to the next in
 * step. @param random from 0 to 1
 */
export function jittered(delayMs: number, random: number): number {
  return delayMs * (0.5 + random / 2);
}
