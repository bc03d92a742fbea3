/** The command line of `npm run simulate`; see its help text. */
import { parseArgs } from "node:util";
import { readExploreOptions, runExplore } from "./explorer/explore-command.ts";
import { NOTICED_MIN, readGuardsOptions, runGuards } from "./guards/guards-command.ts";
import { GUARDS } from "./guards/guards.ts";
import { runMany } from "./many/many.ts";
import { replay } from "./many/replay.ts";
import { runScale } from "./scale/scale-command.ts";
import { readScaleOptions, SCALE_HELP } from "./scale/scale-options.ts";
import { tellPaxos } from "./stories/paxos.ts";
import { tellRaftElection } from "./stories/raft-election.ts";
import { Story } from "./stories/story.ts";
import { UsageError, wholeNumber as readWholeNumber } from "./usage-error.ts";

const SCENARIOS: Readonly<Record<string, (story: Story, seed: number) => void>> = {
  "raft-election": tellRaftElection,
  paxos: tellPaxos,
};

const HELP = `Usage: npm run simulate -- --seed N | --seeds N | --minutes M | --explore | --guards
                        | --scenario NAME | --scale

The whole controller in virtual time, under faults that the seed draws: first anything may fail and
every step must be safe, then nothing fails and everything must converge and rest.

  --seed N          one run, told: verdict, hash, faults; the same each time
    --trace           with every line of it
  --seeds N         so many runs, on all cores; tells violations and what the faults struck
    --from S          beginning with this seed (default 1)
    --threads T       on so many threads (default: as many as there are cores)
    --report FILE     also into this file: JSON if it ends with .json, else Markdown
  --minutes M       as many runs as begin within this time; with --seeds: at most so many
  --clusters C      of each run (default: drawn from the seed)
  --nodes K         of each cluster (default: drawn from the seed)
  --controllers C   1, or 2 that share the site's store (default: drawn from the seed)

Or the planner alone, without network and promises, through the orders of what may happen to a few
nodes; tells the shortest way to a broken rule:

  --explore
    --seconds N       so long (default 60)
    --from S          ways drawn with this seed, and with those after it (default 1)
    --threads T

Or the planner with one of its guards taken away, to see who notices:

  --guards [NAME...]  all of them, of which ${NOTICED_MIN} of ${GUARDS.length} must be noticed, or these
    --seconds N       for the explorer, and as long for the simulator (default 60), on a machine
                      with nothing else to do: CPU time for each core

Or a story, step by step, of what simulated nodes do; the same seed tells the same story:

  --scenario NAME   raft-election   a first election, a lost leader, a split vote
                    paxos           two proposers, three acceptors, two phases
    --seed N          another cast and other timings (default 1)

Or figures:

  --scale           what many clusters cost one controller; --scale --help tells more
  --help            this text
`;

/** Exit codes, as of other commands. */
const FAILED = 1;
const WRONG_USAGE = 2;

export interface Output {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** @returns the exit code; 1 when a check found something */
export async function simulate(args: readonly string[], output: Output): Promise<number> {
  try {
    if (args.includes("--scale")) return await scale(args, output);
    if (args.includes("--explore")) return await runExplore(readExploreOptions(args), output);
    if (args.includes("--guards")) return await runGuards(readGuardsOptions(args), output);
    return await dispatch(readOptions(args), output);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    output.error(`${error.message}\nnpm run simulate -- --help tells what there is.\n`);
    return WRONG_USAGE;
  }
}

async function scale(args: readonly string[], output: Output): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    output.out(SCALE_HELP);
    return 0;
  }
  return (await runScale(readScaleOptions(args), output)) ? 0 : FAILED;
}

type Options = ReturnType<typeof readOptions>;

async function dispatch(options: Options, output: Output): Promise<number> {
  const { help, scenario, trace } = options;
  const seed = wholeNumber("seed", options.seed);
  const count = wholeNumber("seeds", options.seeds);
  const minutes = wholeNumber("minutes", options.minutes);
  const clusters = wholeNumber("clusters", options.clusters);
  const nodes = wholeNumber("nodes", options.nodes);
  const controllers = controllersOf(options.controllers);
  const settings = {
    ...(controllers === null ? {} : { controllers }),
    ...(clusters === null ? {} : { clusters }),
    ...(nodes === null ? {} : { nodes }),
  };
  if (help === true) {
    output.out(HELP);
    return 0;
  }
  if (scenario !== undefined) {
    tellerOf(scenario)(new Story((text) => output.out(text)), seed ?? 1);
    return 0;
  }
  if (count !== null || minutes !== null) {
    const from = wholeNumber("from", options.from) ?? 1;
    const threads = wholeNumber("threads", options.threads);
    const report = options.report ?? null;
    return runMany({ from, count, minutes, threads, settings, report }, output);
  }
  if (seed !== null) return replay(seed, { ...settings, trace: trace === true }, output);
  throw new UsageError(
    "--seed, --seeds, --minutes, --explore, --guards, --scenario or --scale is missing",
  );
}

function tellerOf(scenario: string): (story: Story, seed: number) => void {
  const tell = Object.hasOwn(SCENARIOS, scenario) ? SCENARIOS[scenario] : undefined;
  if (tell !== undefined) return tell;
  const allowed = Object.keys(SCENARIOS).join(" or ");
  throw new UsageError(`--scenario is ${JSON.stringify(scenario)}; it must be ${allowed}`);
}

function readOptions(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        scenario: text,
        seed: text,
        seeds: text,
        from: text,
        minutes: text,
        clusters: text,
        nodes: text,
        controllers: text,
        threads: text,
        report: text,
        trace: flag,
        help: { ...flag, short: "h" },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function controllersOf(given: string | undefined): 1 | 2 | null {
  const count = wholeNumber("controllers", given);
  if (count === null || count === 1 || count === 2) return count;
  throw new UsageError(`--controllers is ${count}; it must be 1 or 2`);
}

function wholeNumber(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const least = name === "seed" || name === "from" ? 0 : 1;
  return readWholeNumber(`--${name}`, text, least);
}
