/** The command line of `npm run simulate`; see its help text. */
import { parseArgs } from "node:util";
import { tellPaxos } from "./stories/paxos.ts";
import { tellRaftElection } from "./stories/raft-election.ts";
import { Story } from "./stories/story.ts";

const SCENARIOS: Readonly<Record<string, (story: Story, seed: number) => void>> = {
  "raft-election": tellRaftElection,
  paxos: tellPaxos,
};

const HELP = `Usage: npm run simulate -- --scenario NAME [--seed N]

Tells, step by step, what simulated nodes do; the same seed tells the same story.

  --scenario NAME   raft-election   a first election, a lost leader, a split vote
                    paxos           two proposers, three acceptors, two phases
  --seed N          another cast and other timings (default 1)
  --help            this text
`;

/** Exit code for wrong options, as of other commands. */
const WRONG_USAGE = 2;

class UsageError extends Error {}

export interface Output {
  out(text: string): void;
  error(text: string): void;
}

/** @returns the exit code */
export function simulate(args: readonly string[], output: Output): number {
  try {
    const { help, scenario, seed } = readOptions(args);
    if (help) output.out(HELP);
    else SCENARIOS[scenario]?.(new Story((text) => output.out(text)), seed);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    output.error(`${error.message}\nnpm run simulate -- --help tells what there is.\n`);
    return WRONG_USAGE;
  }
}

interface Options {
  readonly help: boolean;
  readonly scenario: string;
  readonly seed: number;
}

function readOptions(args: readonly string[]): Options {
  let values: { scenario?: string; seed?: string; help?: boolean };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        scenario: { type: "string" },
        seed: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { scenario = "", seed = "1", help = false } = values;
  if (!help && !Object.hasOwn(SCENARIOS, scenario)) {
    const allowed = Object.keys(SCENARIOS).join(" or ");
    const found = scenario === "" ? "is missing" : `is ${JSON.stringify(scenario)}`;
    throw new UsageError(`--scenario ${found}; it must be ${allowed}`);
  }
  if (!/^\d{1,15}$/.test(seed)) {
    throw new UsageError(`--seed takes a whole number from 0 on, not ${JSON.stringify(seed)}`);
  }
  return { help, scenario, seed: Number(seed) };
}
