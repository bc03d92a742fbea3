/** Which hosts of a cheap Mesos site have something to offer, and when it goes out. */
import type { Id, Offer } from "../../../controller/mesos/wire.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import { type Amount, NOTHING, Offers, plus } from "../mesos/allocator.ts";
import type { MesosHost } from "./mesos-hosts.ts";

/** Mesos's default between two allocations. Milliseconds. */
const ALLOCATION_MS = 1_000;
const REVIVED_MS = 10;

export class CheapAllocator {
  private readonly offers = new Offers("cheap");
  private readonly byId: ReadonlyMap<string, MesosHost>;
  /** Hosts that may have something to offer. */
  private readonly unoffered: Set<MesosHost>;
  private suppressed = false;
  private allocation: { readonly at: number; readonly cancel: () => void } | null = null;

  constructor(
    private readonly clock: Clock,
    hosts: readonly MesosHost[],
    private readonly send: (offers: readonly Offer[]) => void,
  ) {
    this.byId = new Map(hosts.map((host) => [host.agentId, host]));
    this.unoffered = new Set(hosts);
  }

  subscribed(): void {
    this.allocateIn(ALLOCATION_MS);
  }

  revive(): void {
    this.suppressed = false;
    for (const host of this.unoffered) host.filteredUntil = 0;
    this.allocateIn(REVIVED_MS);
  }

  suppress(): void {
    this.suppressed = true;
  }

  /** @returns what the offers are worth, given back to their host; null: they are not valid */
  take(offerIds: readonly Id[]): { readonly host: MesosHost; readonly amount: Amount } | null {
    const taken = this.offers.take(offerIds.map((o) => o.value));
    const host = this.byId.get(taken?.[0]?.agentId ?? "");
    if (taken === null || host?.up !== true) return null;
    const amount = taken.reduce((sum, o) => plus(sum, o.amount), NOTHING);
    host.giveBack(amount);
    return { host, amount };
  }

  decline(offerIds: readonly Id[], refuseSeconds: number): void {
    const until = this.clock.now() + refuseSeconds * 1000;
    for (const id of offerIds) {
      const taken = this.take([id]);
      if (taken === null) continue;
      taken.host.filteredUntil = until;
      this.offerLater(taken.host);
    }
  }

  /** @returns ids of the host's offers, which are void now */
  withdraw(host: MesosHost): readonly string[] {
    return this.offers.takeAllOf(host.agentId);
  }

  offerLater(host: MesosHost): void {
    if (!host.worthOffering) return;
    this.unoffered.add(host);
    if (!this.suppressed) this.allocateIn(ALLOCATION_MS);
  }

  private allocateIn(delayMs: number): void {
    const at = this.clock.now() + delayMs;
    if (this.allocation !== null && this.allocation.at <= at) return;
    this.allocation?.cancel();
    const cancel = this.clock.after(delayMs, () => {
      this.allocation = null;
      this.allocate();
    });
    this.allocation = { at, cancel };
  }

  private allocate(): void {
    if (this.suppressed) return;
    const now = this.clock.now();
    const hosts = [...this.unoffered].filter((h) => h.filteredUntil <= now);
    const offers = hosts.flatMap((host) => {
      this.unoffered.delete(host);
      if (!host.worthOffering) return [];
      const offer = this.offers.make(host.agentId, host.free, host.describe());
      host.take(host.free);
      return [offer];
    });
    if (offers.length > 0) this.send(offers);
    if (this.unoffered.size > 0) this.allocateIn(ALLOCATION_MS);
  }
}
