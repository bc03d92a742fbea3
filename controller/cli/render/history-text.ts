/** Specs that were in force, told for a person. */
import type { Colors } from "../context.ts";
import type { PastSpec } from "../client/api-client.ts";
import type { SpecChange } from "../../model/generation.ts";
import { renderTable } from "./table.ts";
import { ageOf } from "./units.ts";

const CHANGES_MAX = 3;

export function historyTable(past: readonly PastSpec[], now: number): string {
  const rows = past.map(({ generation, at, changes }) => [
    String(generation),
    at === null ? "unknown" : ageOf(at, now),
    changes === null ? "(the oldest that is kept)" : changesText(changes),
  ]);
  return renderTable(["GENERATION", "AGE", "CHANGED"], rows);
}

function changesText(changes: readonly SpecChange[]): string {
  const told = changes
    .slice(0, CHANGES_MAX)
    .map(({ field, from, to }) => `${field}: ${valueText(from)} -> ${valueText(to)}`);
  const more = changes.length - told.length;
  return [...told, ...(more > 0 ? [`${more} more`] : [])].join("; ") || "nothing that counts";
}

function valueText(value: unknown): string {
  if (value === undefined) return "(none)";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** A unified diff, coloured as every diff is. */
export function diffText(diff: string, { red, green, cyan }: Colors): string {
  const colored = (line: string) => {
    if (line.startsWith("@@")) return cyan(line);
    if (line.startsWith("-")) return red(line);
    return line.startsWith("+") ? green(line) : line;
  };
  return diff.split("\n").map(colored).join("\n");
}
