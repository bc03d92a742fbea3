/** Which faults are done together, and when, from a seed. Pure. */
import type { Fault } from "./faults/fault.ts";
import { Random } from "./random.ts";

export interface Planned {
  readonly fault: Fault;
  /** From the beginning of the group. */
  readonly afterMs: number;
  /** For what the fault itself draws, whatever the others do meanwhile. */
  readonly random: Random;
}

export interface Group {
  readonly faults: readonly Planned[];
  /** Left in peace for so long before. */
  readonly peaceMs: number;
  /** Whether a notebook user runs a cell when it has healed. */
  readonly withCell: boolean;
}

const TOGETHER_MAX = 3;
const TOGETHER_CHANCE = 0.3;
const SPREAD_MS_MAX = 1_500;
const PEACE_MS_MAX = 6_000;
const CELL_CHANCE = 0.25;

/**
 * Endless. Every fault comes once in a round, in an order of its own each time; some are done while
 * others still are.
 */
export function* schedule(seed: number, catalogue: readonly Fault[]): Generator<Group> {
  const random = new Random(seed);
  let stream = 0;
  for (;;) {
    for (const first of random.shuffle(catalogue)) {
      const chosen = [first];
      while (chosen.length < TOGETHER_MAX && random.chance(TOGETHER_CHANCE)) {
        const fitting = catalogue.filter((fault) => chosen.every((c) => areCompatible(c, fault)));
        if (fitting.length > 0) chosen.push(random.pick(fitting));
      }
      yield {
        faults: chosen.map((fault, i) => ({
          fault,
          afterMs: i === 0 ? 0 : random.whole(0, SPREAD_MS_MAX),
          random: new Random(seed, ++stream),
        })),
        peaceMs: random.whole(0, PEACE_MS_MAX),
        withCell: random.chance(CELL_CHANCE),
      };
    }
  }
}

function areCompatible(one: Fault, other: Fault): boolean {
  if (one.kind === other.kind) return false;
  return one.exclusive === undefined || one.exclusive !== other.exclusive;
}
