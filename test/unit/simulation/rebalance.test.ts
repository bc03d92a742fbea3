/** Rebalances that people ask for while hosts go and come, with the whole controller. */
import { expect, it } from "vitest";
import { ALL_FAULTS } from "../../simulation/faults/chaos.ts";
import { runSeed } from "../../simulation/run/run-seed.ts";

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);
const SITE = { clusters: 1, nodes: 3, seconds: 120 };
const KINDS = ["cut off from all", "host loses power", "controller killed", "rebalance asked for"];
const FAULTS = ALL_FAULTS.filter(({ kind }) => KINDS.includes(kind));
/** For a machine that does other things too; it says nothing of how fast this is. */
const TIMEOUT_MS = 5 * 60_000;

it("nodes move, at the cost of no data and no quorum, and all comes to rest", {
  timeout: TIMEOUT_MS,
}, async () => {
  expect(FAULTS).toHaveLength(KINDS.length);
  const seen: Record<string, number> = {};
  for (const seed of SEEDS) {
    const { findings, convergedMs, sometimes } = await runSeed({ seed, ...SITE, faults: FAULTS });
    expect(findings, `seed ${seed}`).toEqual([]);
    expect(convergedMs, `seed ${seed}`).not.toBeNull();
    for (const [what, times] of Object.entries(sometimes)) seen[what] = (seen[what] ?? 0) + times;
  }
  expect(seen["a node moves to a better host"]).toBeGreaterThan(0);
});
