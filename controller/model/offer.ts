/** Mesos's offers as people are told of them: what came, what each cluster made of it, and its end. */
import type { Attribute } from "../mesos/wire.ts";

export const OFFER_REASONS = [
  "Used",
  "TooSmall",
  "Constraint",
  "Unavailability",
  "DataElsewhere",
  "OtherPreferred",
  "NotNeeded",
  "LaunchWaits",
] as const;

export type OfferReason = (typeof OFFER_REASONS)[number];

/** What a plan made of one offer. Clusters that wait for none make nothing of it. */
export interface OfferVerdict {
  readonly offerId: string;
  readonly reason: OfferReason;
  /** Those that were launched on it, or else those that wait. */
  readonly slots: readonly number[];
  /** One sentence without its subject and full stop. */
  readonly message: string;
}

/** Lost: the subscription ended, and all its offers with it. */
export type OfferState = "Held" | "Used" | "Declined" | "Rescinded" | "Lost";

/** A host that is to go down, as an operator has told the master. */
export interface Unavailability {
  /** Milliseconds since the epoch. */
  readonly from: number;
  /** Null: until further notice. */
  readonly until: number | null;
}

/** One recent offer, as `GET /offers` tells it. */
export interface OfferRecord {
  readonly id: string;
  /** RFC 3339. */
  readonly receivedAt: string;
  readonly agentId: string;
  readonly hostname: string;
  /** What a node may have of it: cores, MiB, MiB. */
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  /** All that was offered. */
  readonly resources: readonly OfferedResource[];
  readonly attributes: Readonly<Record<string, string>>;
  /** RFC 3339; null: nobody has said that its host goes down. */
  readonly unavailability: { readonly from: string; readonly until: string | null } | null;
  readonly state: OfferState;
  /** For how long Mesos was asked to keep it away; null: it was not declined. */
  readonly declinedForSeconds: number | null;
  /** The latest of each cluster; empty: none waited for an offer. */
  readonly decisions: readonly (OfferVerdict & { readonly cluster: string })[];
}

export interface OfferedResource {
  readonly name: string;
  /** `2`, `[31000-32000]`, `{a,b}`. */
  readonly amount: string;
  /** Whom it is reserved for; `*`: nobody. */
  readonly role: string;
  /** Why no node can have it; null: it can. */
  readonly unusable: string | null;
}

/** As constraints see it; null: of no known type. */
export function attributeText(attribute: Attribute): string | null {
  switch (attribute.type) {
    case "TEXT":
      return attribute.text?.value ?? "";
    case "SCALAR":
      // Mesos keeps three decimals of a scalar.
      return String(Math.round((attribute.scalar?.value ?? 0) * 1000) / 1000);
    case "RANGES":
      return rangesText(attribute.ranges?.range ?? []);
    default:
      return null;
  }
}

export function rangesText(ranges: readonly { begin: number; end: number }[]): string {
  return `[${ranges.map(({ begin, end }) => `${begin}-${end}`).join(",")}]`;
}
