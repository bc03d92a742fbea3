/** What a file system says of itself, as long as it answers. */
import type { StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";
import { systemClock } from "../../../controller/support/clock.ts";
import { atMost } from "../../../controller/support/within.ts";

/** Less than a controller waits for a whole answer. */
const ANSWER_MS_MAX = 500;

/**
 * Of the one that a path is on; null: it does not answer in time. A file system that hangs keeps one of the few
 * threads that all of this process's files share, so it is asked once, however often somebody wants to know.
 */
export function fileSystemReader(
  path: string,
  read: (path: string) => Promise<StatsFs> = statfs,
): () => Promise<StatsFs | null> {
  let underWay: Promise<StatsFs | null> | null = null;
  const ask = async (): Promise<StatsFs | null> => {
    try {
      return await read(path);
    } catch {
      // What lies on a disk that does not answer cannot be told; the rest can.
      return null;
    } finally {
      underWay = null;
    }
  };
  return async () => {
    let found: StatsFs | null = null;
    underWay ??= ask();
    const told = underWay.then((stats) => {
      found = stats;
    });
    await atMost(systemClock, ANSWER_MS_MAX, told);
    return found;
  };
}
