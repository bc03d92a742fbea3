/** When a page's WebSocket has lost its servers. Times in milliseconds. */
import { LIMITS } from "../limits.ts";

const { timesMax, withinMs } = LIMITS.join;

export class Losses {
  private at: number[] = [];

  note(now: number): void {
    this.at = [...this.at.filter((at) => at > now - withinMs), now];
  }

  get any(): boolean {
    return this.at.length > 0;
  }

  /** More are no failover. */
  get tooMany(): boolean {
    return this.at.length > timesMax;
  }

  sinceLast(now: number): number {
    return now - (this.at.at(-1) ?? now);
  }
}
