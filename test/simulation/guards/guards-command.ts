/** `npm run simulate -- --guards`: who notices when a guard of the planner is taken away? */
import { parseArgs } from "node:util";
import type { Output } from "../command-line.ts";
import { markdownTable } from "../many/report.ts";
import { UsageError, wholeNumber } from "../usage-error.ts";
import { GUARDS, type Guard } from "./guards.ts";
import { hunt, type Hunted, type Notice } from "./hunt.ts";
import { guardOf } from "./removal.ts";

export interface GuardsCommand {
  readonly guards: readonly Guard[];
  readonly seconds: number;
}

/** Of the whole list: with fewer, the checks have become blind. */
export const NOTICED_MIN = 15;

/** @returns the exit code: 1 when too few of the list, or not all of those named, are noticed */
export async function runGuards(
  { guards, seconds }: GuardsCommand,
  { out }: Output,
): Promise<number> {
  const all: Hunted[] = [];
  for (const guard of guards) {
    const hunted = await hunt(guard, seconds, ["explorer", "simulator"]);
    all.push(hunted);
    out(`${guard.name}: ${who(hunted)}\n`);
  }
  out(`\n${guardsTable(all)}\n`);
  return isEnough(all) ? 0 : 1;
}

export function isEnough(all: readonly Hunted[]): boolean {
  return all.filter(isNoticed).length >= Math.min(all.length, NOTICED_MIN);
}

function isNoticed({ explorer, simulator }: Hunted): boolean {
  return explorer !== null || simulator !== null;
}

export function guardsTable(all: readonly Hunted[]): string {
  const rows = all.map(({ guard, explorer, simulator }) => [
    guard.name,
    told(explorer),
    told(simulator),
  ]);
  const noticed = all.filter(isNoticed).length;
  const table = markdownTable([["guard taken away", "explorer", "simulator"], ...rows]);
  return `${table}\n${noticed} of ${all.length} noticed`;
}

function who({ explorer, simulator }: Hunted): string {
  const by = [explorer && "explorer", simulator && "simulator"].filter(Boolean);
  return by.length === 0 ? "nobody" : by.join(" and ");
}

function told(notice: Notice | null): string {
  if (notice === null) return "-";
  const { seed, seconds, what } = notice;
  return `seed ${seed}, ${seconds.toFixed(0)} s: ${what}`;
}

/** @throws UsageError */
export function readGuardsOptions(args: readonly string[]): GuardsCommand {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { guards: { type: "boolean" }, seconds: { type: "string", default: "60" } },
    });
    const guards = positionals.length === 0 ? GUARDS : positionals.map(guardOf);
    return { guards, seconds: wholeNumber("--seconds", values.seconds, 1) };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
