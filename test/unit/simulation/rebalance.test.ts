/** Rebalances that people ask for while hosts go and come, with the whole controller. */
import { expect, it } from "vitest";
import { runSeeds, SEEDS_MS_MAX } from "../../support/simulation/run-seeds.ts";

const KINDS = ["cut off from all", "host loses power", "controller killed", "rebalance asked for"];

it("nodes move, at the cost of no data and no quorum, and all comes to rest", {
  timeout: SEEDS_MS_MAX,
}, async () => {
  const seen = await runSeeds(12, KINDS);
  expect(seen["a node moves to a better host"]).toBeGreaterThan(0);
});
