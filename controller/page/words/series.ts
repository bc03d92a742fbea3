/** From samples to small lines. Pure. */
import type { Sample, SeriesName } from "../../model/page-stream.ts";

/** Null: a gap. */
export type Points = readonly (number | null)[];

export function valuesOf(samples: readonly Sample[], key: string, series: SeriesName): Points {
  return samples.map(({ clusters }) => clusters[key]?.[series] ?? null);
}

/** Of something that only grows: how much a second. A value below the one before began anew. */
export function ratesOf(samples: readonly Sample[], key: string, series: SeriesName): Points {
  const values = valuesOf(samples, key, series);
  return values.slice(1).map((value, i) => {
    const before = values[i] ?? null;
    const seconds = ((samples[i + 1]?.at ?? 0) - (samples[i]?.at ?? 0)) / 1000;
    if (value === null || before === null || value < before || seconds <= 0) return null;
    return (value - before) / seconds;
  });
}

export function lastOf(points: Points): number | null {
  return points.at(-1) ?? null;
}

/**
 * The `d` of an SVG path, from left to right, the greatest value at the top, zero at the bottom.
 *
 * @param count how many points the width has room for; the newest is at its right end
 */
export function pathOf(points: Points, count: number, width: number, height: number): string {
  const greatest = Math.max(0, ...points.flatMap((value) => value ?? []));
  const scale = greatest === 0 ? 0 : height / greatest;
  const step = width / Math.max(1, count - 1);
  let drawing = false;
  return points
    .map((value, i) => {
      if (value === null) {
        drawing = false;
        return "";
      }
      const x = round(width - (points.length - 1 - i) * step);
      const to = `${drawing ? "L" : "M"}${x} ${round(height - value * scale)}`;
      drawing = true;
      return to;
    })
    .join("");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
