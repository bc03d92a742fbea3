/** What can go wrong. Each fault happens at once; most of them end by themselves after a while. */
import type { Rng } from "../engine/rng.ts";
import type { World } from "../world/world.ts";
import type { Writer } from "../world/writer.ts";
import type { Checker } from "../check/checker.ts";

export interface Scene {
  readonly world: World;
  readonly checker: Checker;
  readonly rng: Rng;
  readonly writers: ReadonlyMap<string, Writer>;
  /** When faults end, all that is not over is undone: in the order in which it was done. */
  readonly undoLater: (delayMs: number, undo: () => void) => void;
}

export interface Fault {
  readonly kind: string;
  /** How often it is chosen, compared with the others. */
  readonly weight: number;
  /** @returns the cluster that it hit, "all" for all, or null when there was nothing to hit */
  readonly strike: (scene: Scene) => string | null;
}
