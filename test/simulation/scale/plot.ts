/**
 * A plot of characters: both axes logarithmic, so that what grows with the clusters is a diagonal.
 */

export interface Series {
  readonly name: string;
  readonly mark: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const COLUMNS = 50;
/** Of each power of ten. */
const ROWS = 5;

/** @param series of positive values only; where two meet, the later one is put beside the other */
export function plotText(series: readonly Series[], xName: string, yName: string): string {
  const points = series.flatMap((s) => s.points);
  const [xMin, xMax] = decades(points.map(([x]) => x));
  const [yMin, yMax] = decades(points.map(([, y]) => y));
  const rows = (yMax - yMin) * ROWS;
  const grid = Array.from({ length: rows + 1 }, (): string[] => []);
  for (const { mark, points: own } of series) {
    for (const [x, y] of own) {
      const column = Math.round(((Math.log10(x) - xMin) / (xMax - xMin)) * COLUMNS);
      put(grid[Math.round((Math.log10(y) - yMin) * ROWS)] ?? [], column, mark);
    }
  }
  const lines = grid.map((row, i) => {
    const label = i % ROWS === 0 ? numberText(10 ** (yMin + i / ROWS)) : "";
    return `${label.padStart(LABEL)} |${textOf(row)}`;
  });
  const labels = Array.from({ length: xMax - xMin + 1 }, (_, i) => numberText(10 ** (xMin + i)));
  return [
    yName,
    ...lines.reverse(),
    `${" ".repeat(LABEL)} +${"-".repeat(COLUMNS + 1)}`,
    `${" ".repeat(LABEL + 2)}${axis(labels)}  ${xName}`,
    ...series.map(({ mark, name }) => `${" ".repeat(LABEL + 2)}${mark}  ${name}`),
  ].join("\n");
}

const LABEL = 7;

function put(row: string[], column: number, mark: string): void {
  let free = column;
  while (row[free] !== undefined) free += 1;
  row[free] = mark;
}

/** What was put nowhere is blank. */
function textOf(row: readonly string[]): string {
  return Array.from(row, (mark: string | undefined) => mark ?? " ").join("");
}

/** Powers of ten around the values; never the same one twice. */
function decades(values: readonly number[]): readonly [number, number] {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)));
  return [low, Math.max(high, low + 1)];
}

function axis(labels: readonly string[]): string {
  let text = "";
  labels.forEach((label, i) => {
    const column = Math.round((i / (labels.length - 1)) * COLUMNS);
    text = text.padEnd(Math.max(0, column - Math.floor(label.length / 2))) + label;
  });
  return text;
}

function numberText(value: number): string {
  return value.toLocaleString("en-US");
}
