/** A condition that became another: what a webhook is told, once each and in order. */
import type { ConditionStatus, ConditionType } from "./resource.ts";

export interface ConditionChange {
  /** Of its cluster, ascending by one. */
  readonly sequence: number;
  /** Milliseconds since the epoch at which it was seen. */
  readonly at: number;
  readonly condition: ConditionType;
  readonly from: ConditionStatus;
  readonly to: ConditionStatus;
  readonly reason: string;
  readonly message: string;
}

/** Of deliveries. `failed` is an attempt that is followed by another; each of the others ends one. */
export const WEBHOOK_OUTCOMES = [
  "delivered",
  "failed",
  /** The receiver will not take it. */
  "refused",
  /** It could not be delivered in time. */
  "expired",
  /** The receiver wants nothing more. */
  "gone",
  /** Others came that had to be kept, or the cluster was deleted. */
  "dropped",
] as const;

export type WebhookOutcome = (typeof WEBHOOK_OUTCOMES)[number];
