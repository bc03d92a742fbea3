/** What else fails at a site, each kind by itself, in the whole controller: ZooKeeper, hosts, storage. */
import { describe, expect, it } from "vitest";
import type { Fault } from "../../simulation/faults/fault.ts";
import { HOST_FAULTS } from "../../simulation/faults/hosts.ts";
import { STORAGE_FAULTS } from "../../simulation/faults/storage.ts";
import { ZOOKEEPER_FAULTS } from "../../simulation/faults/zookeeper.ts";
import { runSeed } from "../../simulation/run/run-seed.ts";

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);
const SITE = { clusters: 1, nodes: 3, seconds: 60 };
/** For a machine that does other things too; it says nothing of how fast this is. */
const TIMEOUT_MS = 5 * 60_000;

const CASES: readonly (readonly [string, readonly Fault[]])[] = [
  ["ZooKeeper's servers, their quorum and what they know of the masters", ZOOKEEPER_FAULTS],
  ["several hosts together, and one for good", HOST_FAULTS],
  ["the shared file system", STORAGE_FAULTS],
];

describe.each(CASES)("the loss of %s", (_, faults) => {
  it("costs no data and no safety, and all is well after it", { timeout: TIMEOUT_MS }, async () => {
    const struck = new Set<string>();
    for (const seed of SEEDS) {
      const { findings, convergedMs, coverage } = await runSeed({ seed, ...SITE, faults });
      expect(findings, `seed ${seed}`).toEqual([]);
      expect(convergedMs, `seed ${seed}`).not.toBeNull();
      for (const pair of Object.keys(coverage)) struck.add(pair.split("/")[0] ?? "");
    }
    expect(struck).toEqual(new Set(faults.map(({ kind }) => kind)));
  });
});

describe("a leading master that ZooKeeper names", () => {
  it("is followed by a controller that asks ZooKeeper alone", { timeout: TIMEOUT_MS }, async () => {
    const deposed = ZOOKEEPER_FAULTS.filter(({ kind }) => kind === "Mesos master deposed");
    const masters = new Set<string>();
    for (const seed of SEEDS) {
      const { world, findings } = await runSeed({ seed, ...SITE, faults: deposed });
      expect(findings, `seed ${seed}`).toEqual([]);
      if (world.options.detection === "list") continue;
      const leader = world.site.leader();
      expect(world.controllers.at(-1)?.core.mesosInfo().master, `seed ${seed}`).toBe(
        `${leader?.ip}:5050`,
      );
      masters.add(leader?.name ?? "none");
    }
    expect(masters.size).toBeGreaterThan(1);
  });
});
