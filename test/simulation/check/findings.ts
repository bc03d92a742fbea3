/** What the checks have found wrong in a run. */
import type { World } from "../world/world.ts";

export interface Finding {
  /** Which check. */
  readonly check: string;
  readonly what: string;
  /** Virtual milliseconds since the start of the run. */
  readonly atMs: number;
}

export class Findings {
  readonly all: Finding[] = [];
  private world: World | null = null;
  private startedAt = 0;

  begin(world: World): void {
    this.world = world;
    this.startedAt = world.now();
  }

  add(check: string, what: string): void {
    const atMs = (this.world?.now() ?? 0) - this.startedAt;
    this.all.push({ check, what, atMs });
    this.world?.trace.add("VIOLATION", check, what);
  }
}
