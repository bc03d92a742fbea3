/** Times and sizes for people. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A duration in milliseconds as kubectl shortens it: two units at most, one when the second does
 * not matter.
 */
export function shortDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "<unknown>";
  const rest = Math.max(0, ms);
  if (rest < 2 * MINUTE) return `${Math.floor(rest / SECOND)}s`;
  if (rest < 10 * MINUTE) return pair(rest, MINUTE, "m", SECOND, "s");
  if (rest < 3 * HOUR) return `${Math.floor(rest / MINUTE)}m`;
  if (rest < 8 * HOUR) return pair(rest, HOUR, "h", MINUTE, "m");
  if (rest < 2 * DAY) return `${Math.floor(rest / HOUR)}h`;
  return `${Math.floor(rest / DAY)}d`;
}

function pair(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const first = Math.floor(ms / big);
  const second = Math.floor((ms % big) / small);
  return second === 0 ? `${first}${bigName}` : `${first}${bigName}${second}${smallName}`;
}

/** Time since an RFC 3339 moment. */
export function ageOf(timestamp: string, now: number): string {
  return shortDuration(now - Date.parse(timestamp));
}

/** Elapsed seconds with one decimal, right-aligned for a column of them. */
export function elapsedSeconds(ms: number): string {
  return `${(Math.max(0, ms) / SECOND).toFixed(1)}s`.padStart(7);
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `20.0KiB`; bytes without a fraction. */
export function shortSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)}${UNITS[power]}`;
}
