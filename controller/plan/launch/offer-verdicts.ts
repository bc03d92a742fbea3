/** What a plan makes of each offer, slot by slot: the first reason stays, unless it is used after all. */
import type { OfferReason, OfferVerdict } from "../../model/offer.ts";

/** Of one offer, for one slot. */
export interface Judgement {
  readonly reason: OfferReason;
  readonly message: string;
}

export class OfferVerdicts {
  private readonly verdicts = new Map<string, OfferVerdict>();

  add(offerId: string, slot: number, { reason, message }: Judgement): void {
    const known = this.verdicts.get(offerId);
    if (known === undefined || (reason === "Used" && known.reason !== "Used")) {
      this.verdicts.set(offerId, { offerId, reason, slots: [slot], message });
    } else if (known.reason === reason) {
      this.verdicts.set(offerId, { ...known, slots: [...known.slots, slot] });
    }
  }

  of(offerId: string): OfferVerdict | undefined {
    return this.verdicts.get(offerId);
  }

  all(): readonly OfferVerdict[] {
    return [...this.verdicts.values()];
  }
}
