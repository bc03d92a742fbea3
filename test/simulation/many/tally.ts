/** What many runs have come to. */
import { SOMETIMES_NAMES, type SometimesName } from "../check/sometimes.ts";
import { type Phase, PHASES } from "../world/phases.ts";
import type { SeedResult } from "./seed-worker.ts";

export interface Violation {
  readonly seed: number;
  readonly check: string;
  readonly what: string;
  readonly atMs: number;
}

export class Tally {
  readonly violations: Violation[] = [];
  /** Fault -> phase -> how often. */
  readonly coverage = new Map<string, Map<Phase, number>>();
  /** Rare state -> at how many reconciles it was. */
  readonly sometimes = new Map<SometimesName, number>();
  seeds = 0;
  steps = 0;
  virtualMs = 0;
  private readonly converged: number[] = [];

  add({ seed, findings, coverage, sometimes, steps, virtualMs, convergedMs }: SeedResult): void {
    this.seeds += 1;
    this.steps += steps;
    this.virtualMs += virtualMs;
    if (convergedMs !== null) this.converged.push(convergedMs);
    for (const finding of findings) this.violations.push({ seed, ...finding });
    for (const [pair, count] of Object.entries(coverage)) this.cover(pair, count);
    for (const name of SOMETIMES_NAMES) {
      const count = sometimes[name] ?? 0;
      if (count > 0) this.sometimes.set(name, (this.sometimes.get(name) ?? 0) + count);
    }
  }

  /** Milliseconds from the last fault until all was well. */
  convergence(): { readonly median: number; readonly p99: number; readonly max: number } {
    const sorted = this.converged.toSorted((a, b) => a - b);
    const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
    return { median: at(0.5), p99: at(0.99), max: at(1) };
  }

  /** Pairs of a fault and a phase that were never hit. */
  missing(): readonly string[] {
    return [...this.coverage].flatMap(([fault, phases]) =>
      PHASES.filter((phase) => !phases.has(phase)).map((phase) => `${fault} while ${phase}`),
    );
  }

  /** Rare states that never were. */
  neverReached(): readonly SometimesName[] {
    return SOMETIMES_NAMES.filter((name) => !this.sometimes.has(name));
  }

  private cover(pair: string, count: number): void {
    const at = pair.lastIndexOf("/");
    const [fault, phase] = [pair.slice(0, at), pair.slice(at + 1) as Phase];
    const phases = this.coverage.get(fault) ?? new Map<Phase, number>();
    this.coverage.set(fault, phases);
    phases.set(phase, (phases.get(phase) ?? 0) + count);
  }
}
