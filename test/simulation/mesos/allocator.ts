/** Which resources are free, which are offered, and when the next offers go out. */
import type { Offer } from "../../../controller/mesos/wire.ts";

export interface Amount {
  readonly cpus: number;
  readonly mem: number;
  readonly disk: number;
}

export const NOTHING: Amount = { cpus: 0, mem: 0, disk: 0 };

export interface Outstanding {
  readonly offer: Offer;
  readonly agentId: string;
  readonly amount: Amount;
}

export function plus(a: Amount, b: Amount): Amount {
  return { cpus: a.cpus + b.cpus, mem: a.mem + b.mem, disk: a.disk + b.disk };
}

export function minus(a: Amount, b: Amount): Amount {
  return { cpus: a.cpus - b.cpus, mem: a.mem - b.mem, disk: a.disk - b.disk };
}

/** Mesos counts in thousandths. */
export function fits(need: Amount, free: Amount): boolean {
  return need.cpus <= free.cpus + 1e-6 && need.mem <= free.mem && need.disk <= free.disk;
}

export function isWorthOffering({ cpus, mem }: Amount): boolean {
  return cpus >= 0.01 && mem >= 32;
}

export function amountOf(resources: Offer["resources"]): Amount {
  const sum = (name: string) =>
    resources
      .filter((r) => r.name === name)
      .reduce((total, r) => total + (r.scalar?.value ?? 0), 0);
  return { cpus: sum("cpus"), mem: sum("mem"), disk: sum("disk") };
}

export class Offers {
  private readonly outstanding = new Map<string, Outstanding>();
  private readonly byAgent = new Map<string, Set<string>>();
  private next = 0;

  /** @param prefix the ids of another master's offers never come again */
  constructor(private readonly prefix: string) {}

  make(
    agentId: string,
    amount: Amount,
    about: Omit<Offer, "id" | "agent_id" | "resources">,
  ): Offer {
    const id = `${this.prefix}-O${this.next++}`;
    const offer: Offer = {
      id: { value: id },
      agent_id: { value: agentId },
      ...about,
      resources: (["cpus", "mem", "disk"] as const).map((name) => ({
        name,
        type: "SCALAR",
        scalar: { value: Math.round(amount[name] * 1000) / 1000 },
        role: "*",
      })),
    };
    this.outstanding.set(id, { offer, agentId, amount });
    const ids = this.byAgent.get(agentId) ?? new Set();
    this.byAgent.set(agentId, ids.add(id));
    return offer;
  }

  /** Takes them back; null when one of them is not outstanding, or they are of several agents. */
  take(ids: readonly string[]): readonly Outstanding[] | null {
    const found = ids.map((id) => this.outstanding.get(id));
    for (const id of ids) this.remove(id);
    const valid = found.filter((o) => o !== undefined);
    if (valid.length < ids.length) return null;
    return new Set(valid.map((o) => o.agentId)).size === 1 ? valid : null;
  }

  /** @returns the ids of those that were outstanding */
  takeAllOf(agentId: string): readonly string[] {
    const ids = [...(this.byAgent.get(agentId) ?? [])];
    for (const id of ids) this.remove(id);
    return ids;
  }

  clear(): void {
    this.outstanding.clear();
    this.byAgent.clear();
  }

  amountOf(agentId: string): Amount {
    let total = NOTHING;
    for (const id of this.byAgent.get(agentId) ?? []) {
      total = plus(total, this.outstanding.get(id)?.amount ?? NOTHING);
    }
    return total;
  }

  private remove(id: string): void {
    const known = this.outstanding.get(id);
    this.outstanding.delete(id);
    if (known !== undefined) this.byAgent.get(known.agentId)?.delete(id);
  }
}
