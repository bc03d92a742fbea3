/** A cluster's memory that cannot be stored, and what may have been stored all the same. */
import type { ClusterMemory } from "../model/memory.ts";
import type { SpecSnapshot } from "../model/spec-snapshot.ts";
import type { Plan } from "../plan/input.ts";
import type { AskedChange } from "./requests.ts";

/** A plan, and what it has taken in. */
export interface Decided extends Plan {
  readonly asked: readonly AskedChange[];
  readonly snapshot: SpecSnapshot | null;
}

export interface Unstored {
  /** What is known meanwhile: told, and acted on by nobody. */
  readonly memory: ClusterMemory;
  readonly why: string;
  /**
   * Whether its memory was written nobody has said: others may have read it. It is written again before any other, lest
   * what they have read goes back; nothing of it has left. Null: what could not be written was certainly not.
   */
  readonly unanswered: Decided | null;
}
