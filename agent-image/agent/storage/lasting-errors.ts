/**
 * How long a mount may answer with errors before it is ended and mounted anew. A client finds its
 * servers again by itself as a rule; one that still fails long after that will not any more. Each
 * further try waits longer, until one look has found the mount working.
 */
import { type Backoff, delayAfter } from "../../../controller/support/backoff.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { ProbeFailure } from "./mount-probe.ts";

/** Longer than any client takes to be back at servers that are back. Milliseconds. */
export const LASTING_MS = 60_000;
const AGAIN: Backoff = { firstMs: 2 * LASTING_MS, capMs: 15 * 60_000 };

/** What a file system says that works: mounting it anew would change nothing. */
const ANSWERS = /Permission denied|No space left|Disk quota exceeded|may not write to/i;

export class LastingErrors {
  private since: number | null = null;
  /** Times in a row that it was mounted anew for nothing. */
  private tries = 0;

  constructor(private readonly clock: Pick<Clock, "now">) {}

  /** The mount works. */
  over(): void {
    this.since = null;
    this.tries = 0;
  }

  /**
   * Asked with each look that failed.
   *
   * @param firstMs how long the first errors may last
   * @returns milliseconds until it is to be mounted anew; 0: now, and it counts as done; null: not for this
   */
  dueInMs(failure: ProbeFailure, firstMs = LASTING_MS): number | null {
    if (failure.state !== "fails" || ANSWERS.test(failure.message)) {
      this.since = null;
      return null;
    }
    const now = this.clock.now();
    // A clock that was set back makes the wait no longer.
    this.since = Math.min(this.since ?? now, now);
    const waitMs = this.tries === 0 ? firstMs : delayAfter(AGAIN, this.tries);
    const leftMs = this.since + waitMs - now;
    if (leftMs > 0) return leftMs;
    this.since = null;
    this.tries += 1;
    return 0;
  }
}

/** For people, at the end of what is wrong. @param dueInMs as {@link LastingErrors.dueInMs} says */
export function whatFollows(dueInMs: number | null): string {
  if (dueInMs === null) return "";
  if (dueInMs === 0) return "; it is mounted anew";
  // In whole minutes: who reads it is told of a change when there is one.
  const minutes = Math.ceil(dueInMs / 60_000);
  const time = minutes === 1 ? "a minute" : `${minutes} minutes`;
  return `; it is mounted anew if that lasts for ${time} more`;
}
