/** A thread that carries out runs, one after the other, as they are handed to it. */
import { parentPort, workerData } from "node:worker_threads";
import type { Finding } from "../check/findings.ts";
import { type PlantedName, mutationOf } from "../check/planted.ts";
import type { Coverage } from "../faults/chaos.ts";
import { runSeed, type RunOptions, type RunResult } from "../run/run-seed.ts";

export type WorkerSettings = Pick<RunOptions, "clusters" | "nodes" | "controllers"> & {
  /** Guards that are taken away. */
  readonly planted?: readonly PlantedName[];
};

/** What is left of a run when it has left its thread. */
export interface SeedResult {
  readonly seed: number;
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
  readonly sometimes: RunResult["sometimes"];
  readonly hash: string;
  readonly steps: number;
  readonly virtualMs: number;
  readonly convergedMs: number | null;
}

parentPort?.on("message", (seed: number) => void answer(seed));

async function answer(seed: number): Promise<void> {
  const { planted, ...site } = workerData as WorkerSettings;
  const mutation = planted === undefined ? {} : { mutation: mutationOf(planted) };
  const run = await runSeed({ ...site, ...mutation, seed, linesKept: 0 });
  const { findings, coverage, sometimes, hash, steps, virtualMs, convergedMs } = run;
  const result = { seed, findings, coverage, sometimes, hash, steps, virtualMs, convergedMs };
  parentPort?.postMessage(result satisfies SeedResult);
}
