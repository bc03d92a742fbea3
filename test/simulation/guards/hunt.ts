/** Takes one guard away and lets the explorer and the simulator look for what follows from it. */
import { availableParallelism } from "node:os";
import { exploreMany, ROUND_VISITS } from "../explorer/explore-many.ts";
import { runSeeds } from "../many/seed-pool.ts";
import type { SeedResult } from "../many/seed-worker.ts";
import { stopwatch } from "../many/stopwatch.ts";
import { buildWorker } from "../many/worker-file.ts";
import type { Guard } from "./guards.ts";
import { type Removal, removalOf } from "./removal.ts";

export interface Notice {
  /** Of the explorer's round, or of the simulator's run. */
  readonly seed: number;
  readonly seconds: number;
  readonly what: string;
}

export interface Hunted {
  readonly guard: Guard;
  /** Null: it noticed nothing within its time. */
  readonly explorer: Notice | null;
  readonly simulator: Notice | null;
}

export type Family = "explorer" | "simulator";

const FROM = 1;
/** Who notices must not depend on what else the machine does. */
const CLOCK = "cpu";
const threads = availableParallelism();

/** @param seconds for each family, of a machine with nothing else to do */
export async function hunt(
  guard: Guard,
  seconds: number,
  families: readonly Family[],
): Promise<Hunted> {
  const removal = removalOf(guard);
  const deadlineMs = seconds * 1_000;
  const explorer = families.includes("explorer") ? await byExplorer(removal, deadlineMs) : null;
  const simulator = families.includes("simulator") ? await bySimulator(removal, deadlineMs) : null;
  return { guard, explorer, simulator };
}

async function byExplorer(removal: Removal, deadlineMs: number): Promise<Notice | null> {
  const worker = await buildWorker("explorer/scope-worker", removal);
  try {
    const { violation, seed, seconds } = await exploreMany({
      worker: worker.url,
      threads,
      from: FROM,
      visitsMax: ROUND_VISITS,
      rounds: Infinity,
      deadlineMs,
      clock: CLOCK,
    });
    if (violation === null) return null;
    return { seed, seconds, what: `${violation.rule} (${violation.steps.length} steps)` };
  } finally {
    await worker.remove();
  }
}

async function bySimulator(removal: Removal, deadlineMs: number): Promise<Notice | null> {
  const worker = await buildWorker("many/seed-worker", removal);
  const spent = stopwatch(CLOCK, threads);
  let notice: Notice | null = null;
  const onResult = ({ seed, findings }: SeedResult) => {
    const [first] = findings;
    if (first === undefined || notice !== null) return;
    notice = { seed, seconds: spent() / 1_000, what: first.check };
  };
  try {
    await runSeeds({
      worker: worker.url,
      threads,
      from: FROM,
      count: Infinity,
      countMin: 0,
      deadlineMs,
      clock: CLOCK,
      isOver: () => notice !== null,
      settings: {},
      onResult,
    });
    return notice;
  } finally {
    await worker.remove();
  }
}
