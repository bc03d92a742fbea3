/**
 * Swarm testing (Groce and others, 2012): each seed draws which faults there are and how often each
 * of them strikes, so that faults which mask each other part company.
 */
import type { Rng } from "../engine/rng.ts";
import { ALL_FAULTS } from "./chaos.ts";
import type { Fault } from "./fault.ts";

const KINDS_MIN = 3;

export function swarm(rng: Rng, faults: readonly Fault[] = ALL_FAULTS): readonly Fault[] {
  const part = rng.pick([0.2, 0.5, 0.8, 1]);
  const drawn = rng.shuffle(faults);
  const chosen = drawn.filter((_, i) => i < KINDS_MIN || rng.chance(part));
  return chosen.map((fault) => ({ ...fault, weight: fault.weight * rng.pick([0.5, 1, 1, 4]) }));
}
