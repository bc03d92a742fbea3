/** Tells what many runs have come to: for people, and for programs. */
import { SOMETIMES_NAMES } from "../check/sometimes.ts";
import { PHASES } from "../world/phases.ts";
import type { Tally } from "./tally.ts";

export interface Effort {
  readonly seconds: number;
  readonly threads: number;
  readonly command: (seed: number) => string;
}

const MS_PER_HOUR = 3_600_000;

export function summaryOf(tally: Tally, { seconds, threads, command }: Effort): string {
  const { seeds, steps, virtualMs, violations } = tally;
  const { median, p99, max } = tally.convergence();
  const perSecond = (seeds / seconds).toFixed(1);
  const hours = (virtualMs / MS_PER_HOUR).toFixed(1);
  const lines = [
    `${seeds} seeds in ${seconds.toFixed(1)} s on ${threads} threads (${perSecond} seeds/s)`,
    `${hours} virtual hours, ${steps} events`,
    `converged after the last fault: median ${median / 1000} s, p99 ${p99 / 1000} s, max ${max / 1000} s`,
    rareStatesLine(tally),
    `${violations.length} violations`,
  ];
  for (const { seed, check, what, atMs } of violations) {
    lines.push(`  seed ${seed} at ${atMs / 1000} s: ${check}: ${what}`, `    ${command(seed)}`);
  }
  return `${lines.join("\n")}\n`;
}

function rareStatesLine(tally: Tally): string {
  const never = tally.neverReached();
  const all = SOMETIMES_NAMES.length;
  const line = `${all - never.length} of ${all} rare states reached`;
  return never.length === 0 ? line : `${line}; never: ${never.join("; ")}`;
}

/** At how many reconciles each rare state was, the rarest first. */
function rareStatesTable(tally: Tally): string {
  const rows = SOMETIMES_NAMES.map((name) => [name, tally.sometimes.get(name) ?? 0] as const)
    .toSorted(([, a], [, b]) => a - b)
    .map(([name, count]) => [name, String(count)]);
  return markdownTable([["rare state", "reconciles"], ...rows]);
}

/** How often each fault struck in each phase. */
export function coverageTable(tally: Tally): string {
  const rows = [...tally.coverage].sort(([a], [b]) => (a < b ? -1 : 1));
  const cells = [
    ["fault", ...PHASES],
    ...rows.map(([fault, phases]) => [fault, ...PHASES.map((p) => String(phases.get(p) ?? 0))]),
  ];
  return `${markdownTable(cells)}\n`;
}

/** The first column is text, the others figures. */
export function markdownTable(cells: readonly (readonly string[])[]): string {
  const widths =
    cells[0]?.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const [head = [], ...body] = cells;
  const rule = `|${widths.map((w, i) => (i === 0 ? "-".repeat(w + 2) : `${"-".repeat(w + 1)}:`)).join("|")}|`;
  return `${[line(head), rule, ...body.map(line)].join("\n")}`;
}

export function markdownReport(tally: Tally, effort: Effort): string {
  const missing = tally.missing();
  const never = missing.length === 0 ? "none" : missing.join(", ");
  return [
    "# Simulation",
    "```text\n" + summaryOf(tally, effort) + "```",
    "## How often each fault struck in each phase",
    coverageTable(tally).trimEnd(),
    `Pairs never hit: ${never}.`,
    "## Rare states",
    rareStatesTable(tally),
  ]
    .join("\n\n")
    .concat("\n");
}

export function jsonReport(tally: Tally, { seconds, threads }: Effort): string {
  const coverage = Object.fromEntries(
    [...tally.coverage].map(([fault, phases]) => [fault, Object.fromEntries(phases)]),
  );
  const { seeds, steps, virtualMs, violations } = tally;
  const about = { seeds, seconds, threads, steps, virtualHours: virtualMs / MS_PER_HOUR };
  const rest = {
    convergenceMs: tally.convergence(),
    violations,
    coverage,
    missing: tally.missing(),
    sometimes: Object.fromEntries(tally.sometimes),
    neverReached: tally.neverReached(),
  };
  return `${JSON.stringify({ ...about, ...rest }, null, 2)}\n`;
}
