/** A person's wish that nodes move onto hosts that came later, and what has come of it. */

/** `preview`: nothing is moved, and it ends with what would be. */
export const REBALANCE_ACTIONS = ["start", "preview", "cancel"] as const;
export type RebalanceAction = (typeof REBALANCE_ACTIONS)[number];

/** Hosts by their names. */
export interface Move {
  readonly slot: number;
  readonly from: string;
  readonly to: string;
}

export type RebalanceOutcome = "Succeeded" | "Incomplete" | "Cancelled";

/** All times in milliseconds since the epoch. */
export interface Rebalance {
  readonly requestedAt: number;
  readonly preview: boolean;
  /** In order: those that were made, or would be. */
  readonly moves: readonly Move[];
  /** The one that is being made, and the task that it ends; null: none is. */
  readonly moving: (Move & { readonly taskId: string }) | null;
  /** Nodes that were launched where they had been, because nothing better was offered any more. */
  readonly returned: number;
  /** When it began, or the latest node was ready again. */
  readonly progressAt: number;
  /** Since when nothing but offers of better hosts is missing; null: something else is. */
  readonly offersSince: number | null;
  readonly end: {
    readonly at: number;
    readonly outcome: RebalanceOutcome;
    /** What was done and what is missing, in one or two sentences. */
    readonly message: string;
  } | null;
}

/** As the status tells of it. */
export interface RebalanceStatus {
  /** RFC 3339. */
  readonly requestedAt: string;
  readonly preview: boolean;
  readonly state: "Processing" | RebalanceOutcome;
  readonly endedAt: string | null;
  readonly moves: readonly Move[];
  /** What it does or waits for; at its end, what was done and what is missing. */
  readonly message: string;
}

export function isRebalancing(rebalance: Rebalance | null): rebalance is Rebalance {
  return rebalance !== null && rebalance.end === null;
}
