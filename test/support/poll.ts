/** Waiting on conditions, never on time. */
import { setTimeout as delay } from "node:timers/promises";

export interface PollOptions {
  /** What is waited for, for the error. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly everyMs?: number;
}

/**
 * Asks until the answer is not undefined; an error counts as "not yet" and is told at the end.
 * Throws when the time is over.
 */
export async function poll<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  options: PollOptions,
): Promise<T> {
  const { what, timeoutMs, everyMs = 50 } = options;
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown = null;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      lastError = null;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: lastError });
    }
    await delay(everyMs);
  }
}
