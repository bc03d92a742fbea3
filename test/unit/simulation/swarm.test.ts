/** Each seed has faults of its own. */
import { describe, expect, it } from "vitest";
import { Rng } from "../../simulation/engine/rng.ts";
import { ALL_FAULTS } from "../../simulation/faults/chaos.ts";
import { swarm } from "../../simulation/faults/swarm.ts";

describe("a swarm of faults", () => {
  const swarms = Array.from({ length: 60 }, (_, seed) => swarm(new Rng(seed)));

  it("is the same for the same seed", () => {
    expect(swarm(new Rng(7))).toEqual(swarms[7]);
  });

  it("has few kinds for some seeds, all for others, and each kind for some", () => {
    const sizes = swarms.map((s) => s.length);
    expect(Math.min(...sizes)).toBeLessThan(ALL_FAULTS.length / 2);
    expect(Math.max(...sizes)).toBe(ALL_FAULTS.length);
    const kinds = new Set(swarms.flat().map((f) => f.kind));
    expect(kinds.size).toBe(ALL_FAULTS.length);
  });

  it("lets the same kind strike more often in one seed than in another", () => {
    const { kind } = ALL_FAULTS[0] ?? { kind: "" };
    const weights = swarms.flatMap((s) => s.filter((f) => f.kind === kind).map((f) => f.weight));
    expect(new Set(weights).size).toBeGreaterThan(1);
  });
});
