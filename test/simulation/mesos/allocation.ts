/** When a master offers what is free to its framework, and what of it is offered already. */
import type { SchedulerEvent } from "../../../controller/mesos/wire.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import { isWorthOffering, Offers, type Outstanding } from "./allocator.ts";
import type { MasterAgents } from "./master-agents.ts";

export interface AllocationOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly agents: MasterAgents;
  /** Null: nobody is subscribed. */
  readonly frameworkId: () => string | null;
  readonly tell: (event: SchedulerEvent) => void;
}

const ALLOCATION_MS = 1_000;
const REVIVED_MS = 10;

export class Allocation {
  private readonly offers: Offers;
  private suppressed = false;
  private cancelNext: (() => void) | null = null;

  constructor(private readonly options: AllocationOptions) {
    this.offers = new Offers(options.name);
  }

  /** Something may have got free. */
  soon(): void {
    this.within(ALLOCATION_MS);
  }

  /** A new subscription begins without any desiredSpec of the one before. */
  begin(silent: boolean): void {
    this.suppressed = silent;
    this.soon();
  }

  revive(): void {
    this.suppressed = false;
    for (const agent of this.options.agents.all()) agent.filteredUntil = 0;
    this.within(REVIVED_MS);
  }

  suppress(): void {
    this.suppressed = true;
  }

  /** Null when one of them is not outstanding, or they are of several agents. */
  take(offerIds: readonly string[]): readonly Outstanding[] | null {
    return this.offers.take(offerIds);
  }

  decline(offerId: string, refuseSeconds: number): void {
    const { clock, agents } = this.options;
    const until = clock.now() + 1000 * refuseSeconds;
    const [taken] = this.offers.take([offerId]) ?? [];
    const agent = taken === undefined ? undefined : agents.get(taken.agentId);
    if (agent !== undefined) agent.filteredUntil = Math.max(agent.filteredUntil, until);
    this.within(Math.max(ALLOCATION_MS, until - clock.now()));
  }

  /** @returns the ids of those that were outstanding */
  takeAllOf(agentId: string): readonly string[] {
    return this.offers.takeAllOf(agentId);
  }

  /** Nobody is there to accept them any more. */
  forget(): void {
    this.offers.clear();
  }

  stop(): void {
    this.offers.clear();
    this.cancelNext?.();
    this.cancelNext = null;
  }

  private within(delayMs: number): void {
    if (this.cancelNext !== null) {
      if (delayMs >= ALLOCATION_MS) return;
      this.cancelNext();
    }
    this.cancelNext = this.options.clock.after(delayMs, () => {
      this.cancelNext = null;
      this.allocate();
    });
  }

  private allocate(): void {
    const { clock, agents, tell } = this.options;
    const frameworkId = this.options.frameworkId();
    if (frameworkId === null || this.suppressed) return;
    const now = clock.now();
    const offers = agents.all().flatMap((registered) => {
      const { agentId, agent, connected, filteredUntil } = registered;
      if (!connected || filteredUntil > now) return [];
      const amount = agents.free(registered, this.offers.amountOf(agentId));
      if (!isWorthOffering(amount)) return [];
      const attributes = Object.entries(agent.options.attributes).map(([name, value]) => ({
        name,
        type: "TEXT" as const,
        text: { value },
      }));
      const about = { framework_id: { value: frameworkId }, hostname: agent.name, attributes };
      return [this.offers.make(agentId, amount, about)];
    });
    if (offers.length > 0) tell({ type: "OFFERS", offers: { offers } });
    const filtered = agents.all().filter((a) => a.filteredUntil > now);
    if (filtered.length === 0) return;
    const next = Math.min(...filtered.map((a) => a.filteredUntil)) - now;
    this.within(Math.max(ALLOCATION_MS, next));
  }
}
