/**
 * The offers as a plan uses them up: several nodes may be launched from one offer, and all launches
 * on one Mesos agent go out as one ACCEPT, since an offer can be accepted only once.
 */
import type { Attribute, TaskInfo } from "../../mesos/wire.ts";
import type { ObservedOffer } from "../../model/observed.ts";
import type { Need } from "./candidate.ts";
import type { Choice } from "./placement.ts";

interface Launch {
  readonly offerIds: readonly string[];
  readonly slots: readonly number[];
  readonly tasks: readonly TaskInfo[];
}

export class OfferAllocator {
  private readonly left: Map<string, ObservedOffer>;
  private readonly byAgent = new Map<string, Launch>();

  constructor(offers: readonly ObservedOffer[]) {
    this.left = new Map(offers.map((o) => [o.id, o]));
  }

  /** What is left of each offer. */
  get offers(): readonly ObservedOffer[] {
    return [...this.left.values()];
  }

  /** Takes `need` out of the chosen offers for `task`. Returns the agent's attributes. */
  take(choice: Choice, need: Need, slot: number, task: TaskInfo): readonly Attribute[] {
    const launch = this.byAgent.get(choice.agentId);
    this.byAgent.set(choice.agentId, {
      offerIds: [...new Set([...(launch?.offerIds ?? []), ...choice.offerIds])],
      slots: [...(launch?.slots ?? []), slot],
      tasks: [...(launch?.tasks ?? []), task],
    });
    return this.reduce(choice, need);
  }

  /** Takes `need` out of the chosen offers, whatever for. Returns the agent's attributes. */
  reduce(choice: Choice, need: Need): readonly Attribute[] {
    let attributes: readonly Attribute[] = [];
    let missing = need;
    for (const id of choice.offerIds) {
      const offer = this.left.get(id);
      if (offer === undefined) throw new Error(`offer ${id} was not offered`);
      attributes = offer.attributes;
      this.left.set(id, { ...offer, ...minus(offer, missing) });
      missing = minus(missing, offer);
    }
    return attributes;
  }

  /** For something else than a node: what it leaves of the offer comes back as another. */
  takeWhole(id: string): void {
    this.left.delete(id);
  }

  launches(): readonly Launch[] {
    return [...this.byAgent.values()];
  }
}

function minus(a: Need, b: Need): Need {
  return {
    cpus: Math.max(0, a.cpus - b.cpus),
    memoryMiB: Math.max(0, a.memoryMiB - b.memoryMiB),
    diskMiB: Math.max(0, a.diskMiB - b.diskMiB),
  };
}
