/**
 * Whether this node's JupyterLab is the one that serves, as far as its agent knows: it leads who has written
 * the hosts table in force, in the term that the local member knows. Who was just elected has not written it
 * yet, and may take up the kernels meanwhile; it orders nothing.
 */
import type { EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import { sameData } from "../../../controller/model/same-data.ts";
import type { ClusterStore } from "../naming/cluster-store.ts";

/** As HTTP says it. */
export class OrderError extends Error {
  override readonly name = "OrderError";

  constructor(
    readonly status: 403 | 404 | 409 | 429 | 500 | 503 | 504,
    message: string,
  ) {
    super(message);
  }
}

export interface KernelsLeadership {
  readonly leads: boolean;
  /** Of the hosts table in force; 0: there is none. */
  readonly term: number;
  /** The term for which the local member was elected, before and after it has written the table; 0: it was not. */
  readonly elected: number;
}

export interface StandingOptions {
  readonly clock: Clock;
  readonly config: NodeConfig;
  readonly store: ClusterStore;
}

export class Standing {
  private readonly listeners = new Set<() => void>();
  private health: EtcdHealth | null = null;

  constructor(private readonly options: StandingOptions) {}

  setHealth(health: EtcdHealth | null): void {
    // While the local member is silent nothing is decided: it may still lead, and what it writes is fenced.
    if (health === null) return;
    const before = this.now;
    this.health = health;
    if (sameData(this.now, before)) return;
    for (const listener of this.listeners) listener();
  }

  /** Calls back after each change of what this tells. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    const unsubscribe = this.options.store.subscribeKernels(listener);
    return () => {
      this.listeners.delete(listener);
      unsubscribe();
    };
  }

  /** Leading is to have written the table in force, in the term that the local member knows. */
  get now(): KernelsLeadership {
    const { health } = this;
    const { hosts } = this.options.store.data;
    if (hosts === null) return { leads: false, term: 0, elected: 0 };
    const { term } = hosts;
    const won = health?.leaderId === health?.memberId && health?.clusterId === hosts.clusterId;
    const raftTerm = won ? health.raftTerm : 0;
    const leads = raftTerm === term && hosts.leaderSlot === this.options.config.slot;
    return { leads, term, elected: leads || raftTerm > term ? raftTerm : 0 };
  }

  /** @throws OrderError 403 */
  require(): void {
    const { leads, term } = this.now;
    if (!leads) throw new OrderError(403, `this node does not lead in term ${term}`);
  }

  /** @returns the term. @throws OrderError 403 */
  requireElected(): number {
    const { elected } = this.now;
    if (elected === 0) throw new OrderError(403, "this node's member was not elected");
    return elected;
  }

  /** @throws OrderError 504 with `otherwise` when it does not come true in time, or what `holds` throws */
  until(timeoutMs: number, otherwise: string, holds: () => boolean): Promise<void> {
    const { clock } = this.options;
    return new Promise((resolve, reject) => {
      const look = () => {
        try {
          if (!holds()) return;
          end();
          resolve();
        } catch (error) {
          end();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const end = () => {
        cancel();
        unsubscribe();
      };
      const cancel = clock.after(timeoutMs, () => {
        end();
        reject(new OrderError(504, otherwise));
      });
      const unsubscribe = this.subscribe(look);
      look();
    });
  }

  /** Resolves at the next change, or when the time is over. */
  async nextNews(timeoutMs: number): Promise<void> {
    const { clock } = this.options;
    await new Promise<void>((resolve) => {
      const unsubscribe = this.subscribe(() => end());
      const cancel = clock.after(timeoutMs, () => end());
      const end = () => {
        cancel();
        unsubscribe();
        resolve();
      };
    });
  }
}
