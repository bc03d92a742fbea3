/** Waits for a condition instead of sleeping; says what it waited for when it does not come. */
import { setTimeout as delay } from "node:timers/promises";

export async function until<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  deadlineMs = 20_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const value = await probe();
      if (value !== null && value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    await delay(20);
  }
  throw new Error(`did not happen within ${deadlineMs} ms: ${what}`, { cause: last });
}
