/** The latest offers, for people who ask why one was used or was not. Bounded. No I/O. */
import { attributeText, rangesText } from "../../model/offer.ts";
import type { OfferedResource, OfferRecord, OfferState, OfferVerdict } from "../../model/offer.ts";
import type { ObservedOffer } from "../../model/observed.ts";
import type { Resource } from "../wire.ts";
import { roleOf, unusableBecause } from "./usable-resources.ts";

/** More than a person reads. */
const RECENT_MAX = 50;
/** Clusters whose decisions are kept of each. */
const DECISIONS_MAX = 20;

interface Entry {
  readonly offer: ObservedOffer;
  readonly receivedAt: number;
  state: OfferState;
  declinedForSeconds: number | null;
  readonly decisions: Map<string, OfferVerdict>;
}

export class OfferLog {
  /** In the order in which they came. */
  private readonly recent = new Map<string, Entry>();

  /** @param role of our framework */
  constructor(private readonly role: string) {}

  arrived(offer: ObservedOffer, now: number): void {
    const fresh = { state: "Held", declinedForSeconds: null, decisions: new Map() } as const;
    this.recent.set(offer.id, { offer, receivedAt: now, ...fresh });
    if (this.recent.size <= RECENT_MAX) return;
    const [oldest] = this.recent.keys();
    if (oldest !== undefined) this.recent.delete(oldest);
  }

  /** @param cluster its key; what it said before of the same offer is past */
  judged(cluster: string, verdicts: readonly OfferVerdict[]): void {
    for (const verdict of verdicts) {
      const decisions = this.recent.get(verdict.offerId)?.decisions;
      if (decisions === undefined) continue;
      // What was launched on it stays its story, though the rest of it was looked at again.
      if (decisions.get(cluster)?.reason === "Used") continue;
      if (decisions.size < DECISIONS_MAX || decisions.has(cluster)) {
        decisions.set(cluster, verdict);
      }
    }
  }

  ended(offerIds: readonly string[], state: Exclude<OfferState, "Held" | "Declined">): void {
    for (const id of offerIds) this.change(id, { state });
  }

  declined(offerIds: readonly string[], declinedForSeconds: number): void {
    for (const id of offerIds) this.change(id, { state: "Declined", declinedForSeconds });
  }

  /** Oldest first. */
  records(): readonly OfferRecord[] {
    return [...this.recent.values()].map((entry) => this.record(entry));
  }

  private change(id: string, change: Partial<Pick<Entry, "state" | "declinedForSeconds">>): void {
    const entry = this.recent.get(id);
    if (entry !== undefined) Object.assign(entry, change);
  }

  private record({ offer, receivedAt, state, declinedForSeconds, decisions }: Entry): OfferRecord {
    const { id, agentId, hostname, cpus, memoryMiB, diskMiB, unavailability } = offer;
    const attributes = offer.attributes.map((a) => [a.name, attributeText(a) ?? ""] as const);
    return {
      ...{ id, receivedAt: isoTime(receivedAt), agentId, hostname, cpus, memoryMiB, diskMiB },
      resources: offer.raw.resources.map((resource) => this.resource(resource)),
      attributes: Object.fromEntries(attributes),
      unavailability: unavailability && {
        from: isoTime(unavailability.from),
        until: unavailability.until === null ? null : isoTime(unavailability.until),
      },
      state,
      declinedForSeconds,
      decisions: [...decisions].map(([cluster, verdict]) => ({ cluster, ...verdict })),
    };
  }

  private resource(resource: Resource): OfferedResource {
    const unusable = unusableBecause(resource, this.role);
    return { name: resource.name, amount: amountOf(resource), role: roleOf(resource), unusable };
  }
}

function amountOf({ scalar, ranges, set }: Resource): string {
  if (ranges !== undefined) return rangesText(ranges.range ?? []);
  if (set !== undefined) return `{${(set.item ?? []).join(",")}}`;
  return String(scalar?.value ?? 0);
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
