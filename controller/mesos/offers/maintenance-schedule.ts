/**
 * Which Mesos agents that run tasks of ours go down for maintenance, as the master's inverse offers
 * tell. None is answered: one that is outstanding is in force, and is rescinded when the schedule
 * changes or is given up. No I/O.
 */
import type { Unavailability } from "../../model/offer.ts";
import type { InverseOffer } from "../wire.ts";
import { unavailabilityOf } from "./unavailability.ts";

/** Of more agents nothing is remembered. */
const INVERSE_OFFERS_MAX = 5000;

export class MaintenanceSchedule {
  private readonly inverseOffers = new Map<string, InverseOffer>();
  private agents: ReadonlyMap<string, Unavailability> = new Map();

  /** By the agent's id. The same map until something changes. */
  get(): ReadonlyMap<string, Unavailability> {
    return this.agents;
  }

  arrived(inverseOffers: readonly InverseOffer[]): void {
    for (const offer of inverseOffers) {
      if (this.inverseOffers.size < INVERSE_OFFERS_MAX) {
        this.inverseOffers.set(offer.id.value, offer);
      }
    }
    this.refresh();
  }

  /** @returns whether it was outstanding */
  rescind(id: string): boolean {
    const known = this.inverseOffers.delete(id);
    if (known) this.refresh();
    return known;
  }

  /** The stream broke: the next one tells them again. */
  clear(): void {
    this.inverseOffers.clear();
    this.refresh();
  }

  private refresh(): void {
    const known = [...this.inverseOffers.values()].flatMap((offer) => {
      const unavailability = unavailabilityOf(offer);
      const agentId = offer.agent_id?.value;
      return agentId === undefined || unavailability === null
        ? []
        : [[agentId, unavailability] as const];
    });
    this.agents = new Map(known);
  }
}
