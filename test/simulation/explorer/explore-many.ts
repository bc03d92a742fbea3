/** The scopes on several threads, round after round with other seeds, until the time is up. */
import { Worker } from "node:worker_threads";
import { type Clock, stopwatch } from "../many/stopwatch.ts";
import { type AllExplored, NOTHING_EXPLORED, sum } from "./explore-all.ts";
import type { ScopeSettings } from "./scope-worker.ts";

/** Of all scopes once: about ten seconds of one core. */
export const ROUND_VISITS = 20_000;

export interface ExploreOptions {
  /** The worker's JavaScript. */
  readonly worker: URL;
  readonly threads: number;
  readonly from: number;
  /** Of one round of all scopes. */
  readonly visitsMax: number;
  /** At most so many. */
  readonly rounds: number;
  readonly deadlineMs: number;
  /** Default: wall. */
  readonly clock?: Clock;
}

export interface ManyExplored extends AllExplored {
  readonly seconds: number;
  /** Of the round that found the violation, or of the last. */
  readonly seed: number;
}

/** @throws Error when a thread ends before it has answered */
export async function exploreMany(options: ExploreOptions): Promise<ManyExplored> {
  const { threads, from, rounds, deadlineMs, clock = "wall" } = options;
  const spent = stopwatch(clock, threads);
  let all = NOTHING_EXPLORED;
  let seed = from;
  for (let round = 0; round < rounds && all.violation === null; round++) {
    if (spent() > deadlineMs) break;
    seed = from + round;
    const left = deadlineMs - spent();
    const parts = Array.from({ length: threads }, (_, i) => runPart(options, seed, i, left));
    all = (await Promise.all(parts)).reduce(sum, all);
  }
  return { ...all, seconds: spent() / 1_000, seed };
}

function runPart(
  { worker: file, threads, visitsMax, clock = "wall" }: ExploreOptions,
  seed: number,
  number: number,
  deadlineMs: number,
): Promise<AllExplored> {
  const part = { of: threads, number };
  const settings: ScopeSettings = {
    visitsMax: Math.ceil(visitsMax / threads),
    seed,
    deadlineMs,
    clock,
    part,
  };
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, { workerData: settings });
    worker.on("message", (explored: AllExplored) => {
      resolve(explored);
      void worker.terminate();
    });
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`a thread ended with ${code}`)));
  });
}
