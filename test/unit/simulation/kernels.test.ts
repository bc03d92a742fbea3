/** Kernels of a cluster that is updated and moved while controllers die and hosts are cut off. */
import { expect, it } from "vitest";
import { runSeeds, SEEDS_MS_MAX } from "../../support/simulation/run-seeds.ts";

const KINDS = [
  ...["cut off from all", "controller killed", "edit: template", "edit: replicas"],
  "rebalance asked for",
];

it("no busy kernel is ended before its time, each wait ends, and each loss is told once", {
  timeout: SEEDS_MS_MAX,
}, async () => {
  const seen = await runSeeds(10, KINDS);
  expect(seen["a node stays for its busy kernels"]).toBeGreaterThan(0);
  expect(seen["the controller starts while a node stays for its kernels"]).toBeGreaterThan(0);
  expect(seen["a slot stays for its busy kernels that is to be scaled in"]).toBeGreaterThan(0);
  expect(seen["kernels are given up with their node"]).toBeGreaterThan(0);
});
