/** Offers that are ours to use. Mesos never sends an outstanding offer again. No I/O. */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { ObservedOffer } from "../../model/observed.ts";
import type { Offer } from "../wire.ts";
import { unavailabilityOf } from "./unavailability.ts";
import { OfferLog } from "./offer-log.ts";
import { leftOut, usable } from "./usable-resources.ts";

/** More agents than this are not looked at together; what is beyond goes back. */
const OFFERS_MAX = 5000;

interface Held {
  readonly offer: ObservedOffer;
  readonly arrivedAt: number;
}

export class OfferCache {
  private readonly held = new Map<string, Held>();
  private snapshot: readonly ObservedOffer[] | null = null;
  /** What became of the latest ones. */
  readonly log: OfferLog;

  /** @param role of our framework */
  constructor(private readonly role: string) {
    this.log = new OfferLog(role);
  }

  /** The same list until something changes. */
  offers(): readonly ObservedOffer[] {
    this.snapshot ??= [...this.held.values()].map(({ offer }) => offer);
    return this.snapshot;
  }

  get size(): number {
    return this.held.size;
  }

  /** @returns ids of those that are too many */
  add(offers: readonly Offer[], now: number): string[] {
    const surplus: string[] = [];
    for (const raw of offers) {
      const offer = observedOffer(raw, this.role);
      this.log.arrived(offer, now);
      if (this.held.size >= OFFERS_MAX) surplus.push(offer.id);
      else this.held.set(offer.id, { offer, arrivedAt: now });
    }
    this.snapshot = null;
    return surplus;
  }

  /** @returns whether it was outstanding */
  rescind(offerId: string): boolean {
    const known = this.held.delete(offerId);
    if (known) {
      this.snapshot = null;
      this.log.ended([offerId], "Rescinded");
    }
    return known;
  }

  /**
   * Takes offers out for one ACCEPT: all of them or none.
   * @throws OperationError ERR_OFFER_GONE when one is not outstanding
   * @throws Error when they are of several agents, which Mesos would refuse
   */
  claim(offerIds: readonly string[], operation: string): ObservedOffer[] {
    const offers = offerIds.map((id) => {
      const held = this.held.get(id);
      if (held !== undefined) return held.offer;
      const message = "The Mesos offer is no longer outstanding. The next offer will be used.";
      throw new OperationError(ERROR_CODES.OFFER_GONE, operation, message);
    });
    const agents = new Set(offers.map((offer) => offer.agentId));
    if (agents.size !== 1) throw new Error(`offers of ${agents.size} agents in one ACCEPT`);
    for (const id of offerIds) this.held.delete(id);
    this.snapshot = null;
    this.log.ended(offerIds, "Used");
    return offers;
  }

  /** Takes out everything that arrived at or before this moment. */
  takeOlder(arrivedAtMax: number): string[] {
    const old = [...this.held].filter(([, { arrivedAt }]) => arrivedAt <= arrivedAtMax);
    for (const [id] of old) this.held.delete(id);
    if (old.length > 0) this.snapshot = null;
    return old.map(([id]) => id);
  }

  /** When the oldest one arrived; null: there is none. */
  oldestArrival(): number | null {
    // A Map keeps the order of insertion, and offers are inserted as they arrive.
    for (const { arrivedAt } of this.held.values()) return arrivedAt;
    return null;
  }

  /** The stream broke: the master has taken every offer back. */
  clear(): void {
    this.log.ended([...this.held.keys()], "Lost");
    this.held.clear();
    this.snapshot = null;
  }
}

/** Scalars of which a node needs some. */
const NEEDED = ["cpus", "mem", "disk"];

function observedOffer(offer: Offer, role: string): ObservedOffer {
  return {
    id: offer.id.value,
    agentId: offer.agent_id.value,
    hostname: offer.hostname,
    cpus: usable(offer, "cpus", role),
    memoryMiB: usable(offer, "mem", role),
    diskMiB: usable(offer, "disk", role),
    leftOut: leftOut(offer, NEEDED, role),
    attributes: offer.attributes ?? [],
    unavailability: unavailabilityOf(offer),
    raw: offer,
  };
}
