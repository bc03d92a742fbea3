/**
 * The planner in small scopes, through the orders of what may happen to a few nodes: no rule is
 * broken. More of them: npm run simulate -- --explore.
 */
import { availableParallelism } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { explorationSummary } from "../simulation/explorer/explore-command.ts";
import { exploreMany } from "../simulation/explorer/explore-many.ts";
import { hunt } from "../simulation/guards/hunt.ts";
import { guardOf } from "../simulation/guards/removal.ts";
import { buildWorker } from "../simulation/many/worker-file.ts";

const TIMEOUT_MS = 10 * 60_000;
/** About a quarter of a minute of one core. */
const RECONCILES = 12_000;
/** Of the deepest ways: no scope is deeper. */
const STEPS_MAX = 12;
const SECONDS_TO_FIND = 120;

describe("the planner in every order of what may happen", () => {
  it("breaks no rule", { timeout: TIMEOUT_MS }, async () => {
    const worker = await buildWorker("explorer/scope-worker");
    onTestFinished(() => worker.remove());
    const explored = await exploreMany({
      worker: worker.url,
      threads: availableParallelism(),
      from: 1,
      visitsMax: RECONCILES,
      rounds: 1,
      deadlineMs: Infinity,
    });
    const summary = explorationSummary(explored);
    console.log(summary);
    expect(explored.violation, summary).toBeNull();
    expect(explored.depth).toBe(STEPS_MAX);
    expect(explored.states).toBeGreaterThan(RECONCILES / 3);
  });

  it.each(["launch-unreconciled", "unnamed-task-ended"])(
    "breaks one without its guard %s",
    { timeout: TIMEOUT_MS },
    async (name) => {
      const { explorer } = await hunt(guardOf(name), SECONDS_TO_FIND, ["explorer"]);
      expect(explorer).not.toBeNull();
      console.log(`${name}: ${explorer?.what}`);
    },
  );
});
