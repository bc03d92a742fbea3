/** Many seeds: run, counted, and told. */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Output } from "../command-line.ts";
import { coverageTable, type Effort, jsonReport, markdownReport, summaryOf } from "./report.ts";
import { runSeeds } from "./seed-pool.ts";
import type { WorkerSettings } from "./seed-worker.ts";
import { Tally } from "./tally.ts";

export interface ManyOptions {
  readonly from: number;
  /** Null: as many as fit. */
  readonly count: number | null;
  /** Null: until all have run. */
  readonly minutes: number | null;
  readonly threads: number | null;
  readonly settings: WorkerSettings;
  /** Where to; JSON if it ends so, else Markdown. */
  readonly report: string | null;
}

/** @returns the exit code: 1 when a check found something */
export async function runMany(options: ManyOptions, { out }: Output): Promise<number> {
  const { from, count, minutes, settings, report } = options;
  const threads = options.threads ?? availableParallelism();
  const tally = new Tally();
  const beganAt = performance.now();
  await runSeeds({
    worker: new URL("./seed-worker.js", import.meta.url),
    threads,
    from,
    count: count ?? Number.MAX_SAFE_INTEGER,
    countMin: 0,
    deadlineMs: minutes === null ? Infinity : minutes * 60_000,
    settings,
    onResult: (result) => tally.add(result),
  });
  const seconds = (performance.now() - beganAt) / 1_000;
  const effort: Effort = { seconds, threads, command: (seed) => commandOf(seed, settings) };
  out(`${coverageTable(tally)}\n${summaryOf(tally, effort)}`);
  if (report !== null) {
    const text = (report.endsWith(".json") ? jsonReport : markdownReport)(tally, effort);
    writeFileSync(report, text);
  }
  return tally.violations.length === 0 ? 0 : 1;
}

function commandOf(seed: number, { clusters, nodes, controllers }: WorkerSettings): string {
  const site = [
    clusters === undefined ? "" : ` --clusters ${clusters}`,
    nodes === undefined ? "" : ` --nodes ${nodes}`,
    controllers === undefined ? "" : ` --controllers ${controllers}`,
  ];
  return `npm run simulate -- --seed ${seed}${site.join("")} --trace`;
}
