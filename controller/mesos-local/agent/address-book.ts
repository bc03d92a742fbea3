/**
 * Fixed addresses whose last container has just ended. Docker tells of an end some 80 ms before it
 * has taken the network down; a successor that starts at once would find its address in use.
 */
import { systemClock } from "../../support/clock.ts";
import { atMost } from "../../support/within.ts";

/** Beyond it Docker's own refusal is the better answer. */
const WAIT_MS_MAX = 10_000;

export class AddressBook {
  private readonly held = new Map<string, Promise<void>>();

  /** @param released settles, and never fails, when the network is down */
  hold(address: string | null, released: Promise<void>): void {
    if (address === null) return;
    const freed = released.then(() => {
      if (this.held.get(address) === freed) this.held.delete(address);
    });
    this.held.set(address, freed);
  }

  async whenFree(address: string | null): Promise<void> {
    const released = address === null ? undefined : this.held.get(address);
    if (released === undefined) return;
    await atMost(systemClock, WAIT_MS_MAX, released);
  }
}
