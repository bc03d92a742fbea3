/** Runs seeds on several threads, each the next one as soon as it is free. */
import { Worker } from "node:worker_threads";
import type { SeedResult, WorkerSettings } from "./seed-worker.ts";
import { type Clock, stopwatch } from "./stopwatch.ts";

export interface PoolOptions {
  /** The worker's JavaScript. */
  readonly worker: URL;
  readonly threads: number;
  readonly from: number;
  /** At most so many. */
  readonly count: number;
  /** No seed begins later than this, once `countMin` have; milliseconds from now. */
  readonly deadlineMs: number;
  /** Default: wall. */
  readonly clock?: Clock;
  readonly countMin: number;
  /** No seed begins once it says so. */
  readonly isOver?: () => boolean;
  readonly settings: WorkerSettings;
  readonly onResult: (result: SeedResult) => void;
}

/** @throws Error when a thread ends before its seed does */
export async function runSeeds(options: PoolOptions): Promise<void> {
  const { threads, from, count, countMin, deadlineMs, clock = "wall" } = options;
  const spent = stopwatch(clock, threads);
  let handedOut = 0;
  const next = (): number | null => {
    const late = spent() > deadlineMs && handedOut >= countMin;
    const over = options.isOver?.() === true;
    return handedOut >= count || late || over ? null : from + handedOut++;
  };
  const size = Math.min(threads, count);
  await Promise.all(Array.from({ length: size }, () => runThread(options, next)));
}

function runThread(options: PoolOptions, next: () => number | null): Promise<void> {
  const { worker: file, settings, onResult } = options;
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, { workerData: settings });
    let over = false;
    const hand = () => {
      const seed = next();
      if (seed !== null) worker.postMessage(seed);
      else {
        over = true;
        void worker.terminate().then(() => resolve());
      }
    };
    worker.on("message", (result: SeedResult) => {
      onResult(result);
      hand();
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      if (!over) reject(new Error(`a thread ended with ${code}`));
    });
    hand();
  });
}
