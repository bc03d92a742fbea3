/** `npm run simulate -- --explore`. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { Output } from "../command-line.ts";
import type { Violation } from "./search.ts";
import { UsageError, wholeNumber } from "../usage-error.ts";
import { exploreMany, type ManyExplored, ROUND_VISITS } from "./explore-many.ts";

export interface ExploreCommand {
  readonly seconds: number;
  readonly from: number;
  readonly threads: number | null;
}

/** @returns the exit code: 1 when a rule was broken */
export async function runExplore(command: ExploreCommand, { out }: Output): Promise<number> {
  const explored = await exploreMany({
    worker: new URL("./scope-worker.js", import.meta.url),
    threads: command.threads ?? availableParallelism(),
    from: command.from,
    visitsMax: ROUND_VISITS,
    rounds: Infinity,
    deadlineMs: command.seconds * 1_000,
  });
  out(`${explorationSummary(explored)}\n`);
  return explored.violation === null ? 0 : 1;
}

export function explorationSummary(explored: ManyExplored): string {
  const { scopes, states, reconciles, depth, complete, seconds, violation } = explored;
  const perSecond = Math.round(states / seconds);
  const lines = [
    `${states} distinct states in ${seconds.toFixed(1)} s (${perSecond} states/s), ${reconciles} reconciles`,
    `${scopes} scopes, ${complete} of them to their end; ways of up to ${depth} steps`,
  ];
  return [...lines, violation === null ? "no rule was broken" : tell(violation)].join("\n");
}

export function tell({ scope, rule, what, steps }: Violation): string {
  const told = steps.map((step, i) => `  ${i + 1}. ${step}`);
  return [`BROKEN: ${rule}: ${what}`, `  ${scope}`, ...told].join("\n");
}

/** @throws UsageError */
export function readExploreOptions(args: readonly string[]): ExploreCommand {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        explore: { type: "boolean" },
        seconds: { ...text, default: "60" },
        from: { ...text, default: "1" },
        threads: text,
      },
    });
    const { seconds, from, threads } = values;
    return {
      seconds: wholeNumber("--seconds", seconds, 1),
      from: wholeNumber("--from", from),
      threads: threads === undefined ? null : wholeNumber("--threads", threads, 1),
    };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
