/**
 * Time, chance and the report of the fuzzers in this folder.
 *
 * FUZZ_SECONDS (20) is shared by all of them; FUZZ_SEED begins with that seed, as a failure says it. In the suite it
 * is the same each time, so that whoever changes something else is not told of what was there before; `npm run fuzz`
 * draws one (FUZZ_SEED=random). Inputs come in
 * batches of a fixed size, one seed each, so that a batch is the same whatever time there was.
 */
import fc from "fast-check";

const SECONDS_DEFAULT = 20;
/** Of what is found, for the search for its smallest case. Milliseconds. */
const SHRINK_MS_MAX = 60_000;

/** Of the smallest input, as it is told: one that is nested deeply is long. */
const INPUT_LENGTH_MAX = 2_000;

/** What part of all the time the servers have; the parsers have the rest. */
const SERVERS_SHARE = 0.6;

function numberFrom(name: string, otherwise: () => number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return otherwise();
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${name} must be a whole number: ${text}`);
  return value;
}

const seconds = numberFrom("FUZZ_SECONDS", () => SECONDS_DEFAULT);
const SEED_DEFAULT = 127_828_420;
/** Both files of a run may draw their own: each failure names the one that it needs. */
const firstSeed =
  process.env["FUZZ_SEED"] === "random"
    ? Math.floor(Math.random() * 2 ** 31)
    : numberFrom("FUZZ_SEED", () => SEED_DEFAULT);

/** Milliseconds for each of so many fuzzers of servers, or of parsers. */
export function budgetOf(kind: "servers" | "parsers", fuzzers: number): number {
  const share = kind === "servers" ? SERVERS_SHARE : 1 - SERVERS_SHARE;
  return (seconds * 1000 * share) / fuzzers;
}

/** For vitest: until a fuzzer that found something has told it. */
export function testTimeoutMs(budgetMs: number): number {
  return budgetMs + 4 * SHRINK_MS_MAX;
}

export interface Fuzzing<T> {
  /** As its test is called. */
  readonly name: string;
  readonly input: fc.Arbitrary<T>;
  /** Throws when something is wrong with what came of it. */
  readonly holds: (input: T) => unknown;
  readonly budgetMs: number;
  /** Inputs with one seed. */
  readonly batch: number;
}

/**
 * At least one batch, and then more while there is time.
 *
 * @throws Error with the seed, the smallest input that was found, and what is wrong with it
 */
export async function fuzz<T>({ name, input, holds, budgetMs, batch }: Fuzzing<T>): Promise<void> {
  const end = performance.now() + budgetMs;
  const property = fc.asyncProperty(input, async (value) => {
    await holds(value);
  });
  let seed = firstSeed;
  do {
    const found = await fc.check(property, {
      seed,
      numRuns: batch,
      interruptAfterTimeLimit: SHRINK_MS_MAX,
    });
    if (found.failed) {
      const [input] = found.counterexample ?? [];
      throw failure(
        name,
        seed,
        `${fc.stringify(input).slice(0, INPUT_LENGTH_MAX)}\n${cause(found.errorInstance)}`,
      );
    }
    seed = (seed + 1) | 0;
  } while (performance.now() < end);
}

function cause(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function failure(name: string, seed: number, report: string): Error {
  const run = "npx vitest run --config test/vitest.config.ts --project security test/security/fuzz";
  return new Error(`Again: FUZZ_SEED=${seed} ${run} -t ${JSON.stringify(name)}\n${report}`);
}
