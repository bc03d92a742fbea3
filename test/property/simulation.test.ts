/**
 * The whole controller in virtual time: every seed that fits is safe at every step and converges.
 * A failing seed is replayed by `npm run simulate -- --seed N --trace`.
 */
import { availableParallelism } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PLANTED_BUGS, type PlantedName } from "../simulation/check/planted.ts";
import { SOMETIMES_NAMES } from "../simulation/check/sometimes.ts";
import { summaryOf } from "../simulation/many/report.ts";
import { runSeeds } from "../simulation/many/seed-pool.ts";
import type { SeedResult } from "../simulation/many/seed-worker.ts";
import { Tally } from "../simulation/many/tally.ts";
import { runSeed } from "../simulation/run/run-seed.ts";
import { buildWorker, type WorkerFile } from "../simulation/many/worker-file.ts";

const SECONDS = 60;
const SEEDS_MIN = 200;
const SEEDS_TO_FIND = 500;
const TIMEOUT_MS = 10 * 60_000;
const threads = availableParallelism();

let worker: WorkerFile;
beforeAll(async () => {
  worker = await buildWorker("many/seed-worker");
});
afterAll(() => worker.remove());

describe("the controller under every fault", () => {
  it("gives nothing up, and converges when the faults end", { timeout: TIMEOUT_MS }, async () => {
    const tally = new Tally();
    const beganAt = performance.now();
    await runSeeds({
      worker: worker.url,
      threads,
      from: 1,
      count: Infinity,
      countMin: SEEDS_MIN,
      deadlineMs: SECONDS * 1_000,
      settings: {},
      onResult: (result) => tally.add(result),
    });
    const seconds = (performance.now() - beganAt) / 1_000;
    const command = (seed: number) => `npm run simulate -- --seed ${seed} --trace`;
    const summary = summaryOf(tally, { seconds, threads, command });
    console.log(summary);
    expect(tally.violations, summary).toEqual([]);
    expect(tally.seeds).toBeGreaterThanOrEqual(SEEDS_MIN);
    // Most rare states are come to; which of them is luck.
    expect(tally.neverReached().length).toBeLessThan(SOMETIMES_NAMES.length / 3);
  });

  it("is the same run for the same seed, and another for another", async () => {
    const hashOf = async (seed: number) => (await runSeed({ seed, linesKept: 0 })).hash;
    const [one, again, other] = [await hashOf(11), await hashOf(11), await hashOf(12)];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });
});

describe("a guard that is taken away", () => {
  const pairs: readonly (readonly [PlantedName, PlantedName])[] = [
    ["unknown is taken for absent", "the proxy is not fenced by the term"],
    ["the hosts table is not fenced by the term", "a voter is added instead of a learner"],
  ];

  it.each(pairs)("is missed: %s; %s", { timeout: TIMEOUT_MS }, async (...planted) => {
    const open = new Map<PlantedName, readonly string[]>(
      planted.map((name) => [name, PLANTED_BUGS[name].foundBy]),
    );
    let seeds = 0;
    const batch = 20;
    for (let from = 1; open.size > 0 && from <= SEEDS_TO_FIND; from += batch) {
      const settings = { planted };
      const onResult = ({ findings }: SeedResult) => {
        for (const { check } of findings) {
          for (const [name, checks] of open) if (checks.includes(check)) open.delete(name);
        }
        seeds += 1;
      };
      const countMin = batch;
      const limits = { from, count: batch, countMin, deadlineMs: Infinity };
      await runSeeds({ worker: worker.url, threads, ...limits, settings, onResult });
    }
    console.log(`found within ${seeds} seeds: ${planted.join("; ")}`);
    expect([...open.keys()]).toEqual([]);
    expect(seeds).toBeLessThanOrEqual(SEEDS_TO_FIND);
  });
});
