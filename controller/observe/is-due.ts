/**
 * Whether what was last asked at `askedAt` is to be asked again; milliseconds since the epoch. One
 * that was asked in the future is from before the clock was set back.
 */
export function isDue(now: number, askedAt: number, everyMs: number): boolean {
  return now < askedAt || now - askedAt >= everyMs;
}
