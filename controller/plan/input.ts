/** What goes into the planner and what comes out. Both are data; nothing else passes. */
import type { Action } from "../model/action.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { OfferVerdict } from "../model/offer.ts";
import type { Observed } from "../model/observed.ts";
import type { ClusterStatus } from "../model/resource.ts";

export interface PlanInput {
  readonly memory: ClusterMemory;
  readonly observed: Observed;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /**
   * Why what was decided before could not be stored, for people. Then nothing is decided: what is
   * seen is told, and stored as soon as it can be. Left out: it could be stored.
   */
  readonly storageFailure?: string | undefined;
  /** Image of clusters whose spec names none. */
  readonly defaultImage: string;
}

export interface Plan {
  /** Must be durable before any of the actions begins. The same object when nothing changed. */
  readonly memory: ClusterMemory;
  readonly actions: readonly Action[];
  readonly status: ClusterStatus;
  /** True while a slot waits for an offer. */
  readonly wantsOffers: boolean;
  /** What was made of the offers that were looked at; for people. */
  readonly offers: readonly OfferVerdict[];
  /** Plan again at this moment even if nothing is heard; milliseconds since the epoch. */
  readonly requeueAt: number;
  /** The cluster is deleted and nothing of it runs: its memory can go. */
  readonly finished: boolean;
}
