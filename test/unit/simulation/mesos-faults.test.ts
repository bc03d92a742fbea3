/** Each thing that Mesos says late, twice or wrongly, alone and all together, in the whole controller. */
import { describe, expect, it } from "vitest";
import type { Fault } from "../../simulation/faults/fault.ts";
import { MESOS_FAULTS } from "../../simulation/faults/mesos.ts";
import { runSeed } from "../../simulation/run/run-seed.ts";

const SEEDS = Array.from({ length: 10 }, (_, i) => i + 1);
const SITE = { clusters: 1, nodes: 3, seconds: 45 };
/** For a machine that does other things too; it says nothing of how fast this is. */
const TIMEOUT_MS = 5 * 60_000;
const CASES: readonly (readonly [string, readonly Fault[]])[] = [
  ...MESOS_FAULTS.map((fault) => [fault.kind, [fault]] as const),
  ["all of them", MESOS_FAULTS],
];

describe.each(CASES)("%s", (_, faults) => {
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
