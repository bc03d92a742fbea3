/** All keys of a range, page by page, as they were at one moment. */
import type { StoreCalls } from "./store-calls.ts";
import type { KeyRange, StoredKey } from "./store-etcd.ts";

/** Of up to 1.5 MiB each: a page has to come within one try. */
const PAGE_KEYS = 32;

/**
 * @param pageMsMax milliseconds for each page; left out: as for any call
 * @throws as {@link StoreCalls.call}, also `compacted` when history went away meanwhile
 */
export async function listAll(
  calls: StoreCalls,
  range: KeyRange,
  pageMsMax?: number,
): Promise<{ readonly keys: readonly StoredKey[]; readonly revision: number }> {
  const keys: StoredKey[] = [];
  let revision: number | null = null;
  for (let { start } = range; ; ) {
    const options: { limit: number; revision: number | null } = { limit: PAGE_KEYS, revision };
    const page = await calls.call(
      "read the store",
      (server, timeoutMs) => server.range({ start, end: range.end }, options, timeoutMs),
      pageMsMax,
    );
    revision ??= page.revision;
    keys.push(...page.keys);
    const last = keys.at(-1);
    if (!page.hasMore || last === undefined) return { keys, revision };
    start = `${last.key}\0`;
  }
}
