/** Sizes for people. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `20.0KiB`; bytes without a fraction. */
export function shortSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)}${UNITS[power]}`;
}
