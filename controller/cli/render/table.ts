/** Text tables as kubectl prints them: left-aligned columns, three spaces between, no borders. */
import { stripVTControlCharacters } from "node:util";

const GAP = "   ";

/**
 * @param rows cells may be coloured: escape sequences do not count as width
 * @returns lines, each ended by a newline, without trailing spaces
 */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) =>
    Math.max(...all.map((row) => visibleLength(row[column] ?? ""))),
  );
  return all.map((row) => `${renderRow(row, widths)}\n`).join("");
}

function renderRow(row: readonly string[], widths: readonly number[]): string {
  const cells = widths.map((width, column) => {
    const cell = row[column] ?? "";
    return cell + " ".repeat(width - visibleLength(cell));
  });
  return cells.join(GAP).trimEnd();
}

/** Two columns of `key: value` lines, values aligned; a value's further lines are indented. */
export function renderFields(fields: readonly (readonly [string, string])[], indent = ""): string {
  const width = Math.max(0, ...fields.map(([key]) => key.length)) + 3;
  return fields
    .map(([key, value]) => {
      const continued = value.split("\n").join(`\n${indent}${" ".repeat(width)}`);
      return `${indent}${`${key}:`.padEnd(width)}${continued}`.trimEnd();
    })
    .map((line) => `${line}\n`)
    .join("");
}

export function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
