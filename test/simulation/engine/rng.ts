/**
 * Seeded randomness: sfc32 (Chris Doty-Humphrey's "small fast counting" generator, 128 bits of
 * state). The only source of chance in the simulator, so that a seed tells a whole run.
 */
import { hash32 } from "./hash.ts";

/** Draws thrown away after seeding, so that similar seeds diverge. */
const WARM_UP = 12;

export class Rng {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;
  private readonly identity: string;

  constructor(seed: number | string) {
    this.identity = String(seed);
    this.a = hash32(this.identity, 1);
    this.b = hash32(this.identity, 2);
    this.c = hash32(this.identity, 3);
    for (let i = 0; i < WARM_UP; i++) this.uint32();
  }

  /**
   * A generator of its own for one part of the simulation. It depends on the seed and the label
   * only: a draw more in one part shifts nothing in another.
   */
  fork(label: string): Rng {
    return new Rng(`${this.identity}/${label}`);
  }

  uint32(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    this.c |= 0;
    return sum >>> 0;
  }

  /** From 0 up to, and without, 1. */
  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    if (max < min) throw new RangeError(`no integer from ${min} to ${max}`);
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  /** No draw is made where the answer is certain. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("nothing to pick from");
    return items[this.integer(0, items.length - 1)] as T;
  }

  /** A shuffled copy (Fisher and Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [result[i], result[j]] = [result[j] as T, result[i] as T];
    }
    return result;
  }

  /** Waiting time of a memoryless process, e.g. between two faults. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.fraction());
  }
}
