/** Kernels of a cluster that is updated and moved while controllers die and hosts are cut off. */
import { expect, it } from "vitest";
import { ALL_FAULTS } from "../../simulation/faults/chaos.ts";
import { runSeed } from "../../simulation/run/run-seed.ts";

const SEEDS = Array.from({ length: 10 }, (_, i) => i + 1);
const SITE = { clusters: 1, nodes: 3, seconds: 120 };
const KINDS = ["cut off from all", "controller killed", "edit: template", "rebalance asked for"];
const FAULTS = ALL_FAULTS.filter(({ kind }) => KINDS.includes(kind));
/** For a machine that does other things too; it says nothing of how fast this is. */
const TIMEOUT_MS = 5 * 60_000;

it("no busy kernel is ended before its time, each wait ends, and each loss is told once", {
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
  expect(seen["a node stays for its busy kernels"]).toBeGreaterThan(0);
  expect(seen["the controller starts while a node stays for its kernels"]).toBeGreaterThan(0);
  expect(seen["kernels are given up with their node"]).toBeGreaterThan(0);
});
