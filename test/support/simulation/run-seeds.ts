/** The whole controller through some kinds of faults, seed after seed. */
import { expect } from "vitest";
import { ALL_FAULTS } from "../../simulation/faults/chaos.ts";
import { runSeed } from "../../simulation/run/run-seed.ts";

const SITE = { clusters: 1, nodes: 3, seconds: 120 };
/** For a machine that does other things too; it says nothing of how fast this is. */
export const SEEDS_MS_MAX = 5 * 60_000;

/**
 * Seeds 1 to `count`, each of which finds nothing wrong and comes to rest.
 *
 * @returns how often each of what happens only sometimes has happened
 */
export async function runSeeds(
  count: number,
  kinds: readonly string[],
): Promise<Readonly<Record<string, number>>> {
  const faults = ALL_FAULTS.filter(({ kind }) => kinds.includes(kind));
  expect(faults).toHaveLength(kinds.length);
  const seen: Record<string, number> = {};
  for (let seed = 1; seed <= count; seed += 1) {
    const { findings, convergedMs, sometimes } = await runSeed({ seed, ...SITE, faults });
    expect(findings, `seed ${seed}`).toEqual([]);
    expect(convergedMs, `seed ${seed}`).not.toBeNull();
    for (const [what, times] of Object.entries(sometimes)) seen[what] = (seen[what] ?? 0) + times;
  }
  return seen;
}
