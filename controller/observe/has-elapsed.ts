/**
 * Whether `spanMs` have gone by since `since`; both times are milliseconds since the epoch. A time
 * in the future is from before the clock was set back, and nobody knows how long ago it was: it
 * has.
 */
export function hasElapsed(now: number, since: number, spanMs: number): boolean {
  return now < since || now - since >= spanMs;
}
