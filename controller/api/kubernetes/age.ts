/** How long ago, in the words of kubectl. */

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

/** From here on the smaller unit is left out. */
const ALONE = { d: 8, h: 8, m: 10, s: 120 } as const;

/**
 * `45s`, `5m10s`, `3h20m`, `12d`; `<unknown>` for what is no time.
 *
 * @param since RFC 3339
 * @param now milliseconds since the epoch
 */
export function age(since: string, now: number): string {
  const ms = now - Date.parse(since);
  if (Number.isNaN(ms)) return "<unknown>";
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < ALONE.s) return `${seconds}s`;
  const at = UNITS.findIndex(([, size]) => seconds >= size);
  const [unit, size] = UNITS[at] ?? UNITS[3];
  const whole = Math.floor(seconds / size);
  const next = UNITS[at + 1];
  const rest = next === undefined ? 0 : Math.floor((seconds % size) / next[1]);
  return whole >= ALONE[unit] || rest === 0
    ? `${whole}${unit}`
    : `${whole}${unit}${rest}${next?.[0]}`;
}
