/**
 * Leases: granted and revoked through the log, kept alive by the leader alone, which revokes what
 * was not. A new leader gives each its whole time again (etcd's lease/lessor.go).
 */
import type { Clock } from "../../../controller/model/ports.ts";
import type { EtcdStore } from "./store.ts";

export class Lessor {
  /** Lease -> when it ends; empty where another leads. */
  private readonly expiries = new Map<string, number>();
  private leads = false;
  private cancel = () => {};

  constructor(
    private readonly clock: Clock,
    private readonly store: EtcdStore,
    private readonly revoke: (id: string) => void,
  ) {}

  setLeading(leads: boolean): void {
    if (leads === this.leads) return;
    this.leads = leads;
    this.expiries.clear();
    this.cancel();
    if (!leads) return;
    for (const id of this.store.leases.keys()) this.renew(id);
    this.waitForNext();
  }

  /** A lease was granted, through the log. */
  granted(id: string): void {
    if (!this.leads) return;
    this.renew(id);
    this.waitForNext();
  }

  /** @returns false when there is no such lease */
  keepAlive(id: string): boolean {
    if (!this.store.leases.has(id)) return false;
    this.renew(id);
    return true;
  }

  stop(): void {
    this.setLeading(false);
  }

  private renew(id: string): void {
    const ttlSeconds = this.store.leases.get(id) ?? 0;
    this.expiries.set(id, this.clock.now() + 1_000 * ttlSeconds);
  }

  private waitForNext(): void {
    this.cancel();
    const { clock, expiries } = this;
    const next = Math.min(...expiries.values());
    if (next === Infinity) return;
    this.cancel = clock.after(Math.max(0, next - clock.now()), () => {
      for (const [id, at] of expiries) {
        if (at > clock.now()) continue;
        expiries.delete(id);
        if (this.store.leases.has(id)) this.revoke(id);
      }
      this.waitForNext();
    });
  }
}
