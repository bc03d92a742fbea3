/**
 * Which container has an address. One network serves all hosts. Its address management gives an
 * address out once, as long as it can see who has it: a host that is cut off may go on using what
 * was given to another meanwhile.
 */
import type { Partitions } from "../wire/partitions.ts";

export class Addresses {
  /** The newest last. */
  private readonly holders = new Map<string, string[]>();

  /** @param exclusive an address is never given out twice, even if its holder is out of sight */
  constructor(
    private readonly partitions: Partitions,
    private readonly exclusive: boolean,
  ) {}

  /** @returns false when somebody has it */
  claim(ip: string, container: string): boolean {
    const holders = this.holders.get(ip) ?? [];
    const seen = holders.some((h) => this.exclusive || this.partitions.connects(h, container));
    if (seen) return false;
    this.holders.set(ip, [...holders, container]);
    return true;
  }

  release(ip: string, container: string): void {
    const left = (this.holders.get(ip) ?? []).filter((h) => h !== container);
    if (left.length === 0) this.holders.delete(ip);
    else this.holders.set(ip, left);
  }

  /** Whom `from` reaches at this address; the newest, when it reaches none. */
  resolve(ip: string, from: string): string | undefined {
    const holders = this.holders.get(ip);
    if (holders === undefined || holders.length === 1) return holders?.[0];
    return holders.findLast((h) => !this.partitions.blocks(from, h)) ?? holders.at(-1);
  }
}
