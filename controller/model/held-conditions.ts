import type { Condition } from "./resource.ts";

export type HeldCondition = Pick<Condition, "type" | "status" | "lastTransitionTime">;

export interface Resumed {
  /** Milliseconds since the epoch: what is not as it was by then has ceased. */
  readonly until: number;
  /** The conditions as the controller before has left them. */
  readonly held: readonly HeldCondition[];
}
