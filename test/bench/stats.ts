/** Medians and ratios; single figures of a noisy machine say nothing. */

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** Milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

export function summarize(figures: readonly number[]): Summary {
  if (figures.length === 0) throw new Error("nothing was measured");
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle] as number;
  return {
    median: (lower + upper) / 2,
    min: sorted[0] as number,
    max: sorted.at(-1) as number,
    runs: sorted.length,
  };
}

export interface Measured {
  readonly what: string;
  /** Of the figures, e.g. `ms`. */
  readonly unit: string;
  readonly program: Summary;
  /** Driven by hand, or a peer, as `what` says. */
  readonly floor: Summary;
  /** Median of the program over median of the floor. */
  readonly ratio: number;
  /** For the reader, nothing fails by it; null: there is none. */
  readonly target: number | null;
}

export function compare(
  what: string,
  target: number | null,
  program: readonly number[],
  floor: readonly number[],
  unit = "ms",
): Measured {
  const ours = summarize(program);
  const theirs = summarize(floor);
  return { what, unit, program: ours, floor: theirs, ratio: ours.median / theirs.median, target };
}

export function table(rows: readonly Measured[]): string {
  const cells = rows.map((r) => [
    r.what,
    r.unit,
    range(r.program),
    range(r.floor),
    r.ratio.toFixed(2),
    r.target?.toFixed(1) ?? "–",
  ]);
  const head = ["what", "unit", "program (min–max)", "floor or peer (min–max)", "ratio", "target"];
  const all = [head, ...cells];
  const widths = head.map((_, c) => Math.max(...all.map((row) => row[c]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, c) => cell.padEnd(widths[c] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((w) => "-".repeat(w + 2)).join("|")}|`;
  return [line(head), rule, ...cells.map(line)].join("\n");
}

function range({ median, min, max }: Summary): string {
  return `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`;
}
