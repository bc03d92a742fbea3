/** Finds the leading master. How is a matter of the site: a list, or ZooKeeper. */
import type { OperationError } from "../model/errors.ts";
import {
  addressText,
  type MasterAddress,
  type MasterPlace,
  SCHEDULER_PATH,
} from "./http/master-address.ts";

export interface MasterDetector {
  /** Where the leading master may be, the likeliest first. Empty: not known now. */
  candidates(): readonly MasterAddress[];
  /** Why there is no candidate; null while that is still being found out. */
  problem(): OperationError | null;
  /** This one leads: it took a subscription, be it after redirects. */
  leads(master: MasterAddress): void;
  /** It could not be reached, or its stream broke. */
  failed(master: MasterAddress): void;
  /**
   * Calls back when the candidates, or why there are none, have changed by themselves: a waiting
   * client tries at once, and one that is connected to a master which is none of them leaves it.
   * @returns the function that unsubscribes
   */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/**
 * A fixed list. Masters that do not lead redirect to the one that does, so one that answers is
 * enough; the last leader is tried first, also when it is not on the list.
 */
export class StaticMasters implements MasterDetector {
  private readonly listed: readonly MasterAddress[];
  private leader: MasterAddress | null = null;
  private firstIndex = 0;

  constructor(masters: readonly MasterPlace[]) {
    if (masters.length === 0) throw new Error("no Mesos master is given");
    this.listed = masters.map((master) => ({ ...master, path: SCHEDULER_PATH }));
  }

  candidates(): readonly MasterAddress[] {
    const { leader, firstIndex } = this;
    const rotated = [...this.listed.slice(firstIndex), ...this.listed.slice(0, firstIndex)];
    if (leader === null) return rotated;
    return [leader, ...rotated.filter((m) => addressText(m) !== addressText(leader))];
  }

  problem(): null {
    return null;
  }

  leads(master: MasterAddress): void {
    this.leader = master;
  }

  failed(master: MasterAddress): void {
    const text = addressText(master);
    if (this.leader !== null && addressText(this.leader) === text) this.leader = null;
    // The next round begins with another one, so that a host that swallows costs its time once.
    const first = this.listed[this.firstIndex];
    if (first !== undefined && addressText(first) === text) {
      this.firstIndex = (this.firstIndex + 1) % this.listed.length;
    }
  }

  onChange(): () => void {
    return () => undefined;
  }

  async close(): Promise<void> {}
}
