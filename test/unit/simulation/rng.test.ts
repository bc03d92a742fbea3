import { describe, expect, it } from "vitest";
import { hexIdOf } from "../../simulation/engine/hash.ts";
import { Rng } from "../../simulation/engine/rng.ts";

const draws = (rng: Rng, count: number) => Array.from({ length: count }, () => rng.uint32());

describe("seeded randomness", () => {
  it("is the same for the same seed, and another for its neighbour", () => {
    expect(draws(new Rng(1), 5)).toEqual(draws(new Rng(1), 5));
    expect(draws(new Rng(1), 5)).not.toEqual(draws(new Rng(2), 5));
  });

  it("forks generators that no draw elsewhere shifts", () => {
    const parent = new Rng(1);
    const early = draws(parent.fork("network"), 5);
    draws(parent, 100);
    expect(draws(parent.fork("network"), 5)).toEqual(early);
    expect(draws(parent.fork("disk"), 5)).not.toEqual(early);
  });

  it("draws whole numbers evenly, both ends included", () => {
    const rng = new Rng("even");
    const counts = new Map<number, number>();
    for (let i = 0; i < 6_000; i++) {
      const n = rng.integer(1, 6);
      counts.set(n, (counts.get(n) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
    expect(() => rng.integer(2, 1)).toThrow(RangeError);
  });

  it("makes no draw where the answer is certain", () => {
    const rng = new Rng(1);
    expect([rng.chance(0), rng.chance(1)]).toEqual([false, true]);
    expect(rng.uint32()).toBe(new Rng(1).uint32());
  });

  it("shuffles a copy and picks from a list", () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    const shuffled = new Rng(3).shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
    expect(items).toContain(new Rng(3).pick(items));
    expect(() => new Rng(3).pick([])).toThrow(RangeError);
  });

  it("waits exponentially, on average as long as asked", () => {
    const rng = new Rng(1);
    const waits = Array.from({ length: 5_000 }, () => rng.exponential(100));
    const mean = waits.reduce((sum, w) => sum + w, 0) / waits.length;
    expect(Math.abs(mean - 100)).toBeLessThan(10);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
  });

  it("names ids as etcd prints them", () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => hexIdOf(`member ${i}`));
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(BigInt(`0x${id}`).toString(16)).toBe(id);
  });
});
