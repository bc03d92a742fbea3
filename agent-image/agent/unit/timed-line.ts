/** A line of a log with the moment at which it came: `2026-01-02T03:04:05.678Z what was said`. */
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) /;

export function timedLine(line: string, now: number): string {
  return `${new Date(now).toISOString()} ${line}`;
}

/** Milliseconds since the epoch; null: the line has none. */
export function timeOf(timed: string): number | null {
  const stamp = STAMP.exec(timed)?.[1];
  return stamp === undefined ? null : Date.parse(stamp);
}

export function withoutTime(timed: string): string {
  return timed.replace(STAMP, "");
}
