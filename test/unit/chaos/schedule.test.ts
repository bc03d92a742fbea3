/** What a seed makes of the catalogue: always the same, all of it, and nothing that cannot be. */
import { describe, expect, it } from "vitest";
import { ALL_FAULTS } from "../../chaos/faults/catalogue.ts";
import { type Group, schedule } from "../../chaos/schedule.ts";

function first(count: number, seed: number): Group[] {
  const groups = schedule(seed, ALL_FAULTS);
  return Array.from({ length: count }, () => groups.next().value as Group);
}

/** All that is drawn, as text: two random numbers of a fault stand for its further ones. */
function drawn(groups: readonly Group[]): string[] {
  return groups.map(({ faults, peaceMs, withCell }) => {
    const each = faults.map(
      ({ fault, afterMs, random }) =>
        `${fault.kind} ${afterMs} ${random.fraction()} ${random.fraction()}`,
    );
    return [...each, peaceMs, withCell].join("; ");
  });
}

describe("schedule", () => {
  it("is the same for the same seed and another for another", () => {
    expect(drawn(first(100, 7))).toEqual(drawn(first(100, 7)));
    expect(drawn(first(100, 8))).not.toEqual(drawn(first(100, 7)));
  });

  it("has every fault once in a round", () => {
    const rounds = first(3 * ALL_FAULTS.length, 7).map((group) => group.faults[0]?.fault.kind);
    const all = ALL_FAULTS.map((fault) => fault.kind);
    for (let round = 0; round < 3; round++) {
      const kinds = rounds.slice(round * all.length, (round + 1) * all.length);
      expect(kinds.length).toBe(all.length);
      expect(new Set(kinds)).toEqual(new Set(all));
    }
  });

  it("does some faults at the same time, but never two that exclude each other", () => {
    const groups = first(1_000, 7);
    const sizes = new Set(groups.map((group) => group.faults.length));
    expect(sizes).toEqual(new Set([1, 2, 3]));
    for (const { faults } of groups) {
      const kinds = faults.map(({ fault }) => fault.kind);
      const exclusive = faults.flatMap(({ fault }) => fault.exclusive ?? []);
      expect(new Set(kinds).size).toBe(kinds.length);
      expect(new Set(exclusive).size).toBe(exclusive.length);
    }
  });

  it("draws random numbers that are spread evenly", () => {
    const numbers = first(2_000, 7).flatMap((g) => g.faults.map((f) => f.random.fraction()));
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = numbers.filter((n) => Math.floor(n * 10) === tenth).length / numbers.length;
      expect(share).toBeGreaterThan(0.07);
      expect(share).toBeLessThan(0.13);
    }
  });
});
