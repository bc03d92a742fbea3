/** Whether what is stored below the prefix may be used, and by which releases. */
import type { ClusterKey } from "../../model/ids.ts";
import type { ClusterMemory } from "../../model/memory.ts";
import { sealJson } from "../../support/files/sealed-json.ts";
import { FormatKeeper, requireReadable } from "../format-keeper.ts";
import { requireNotMoved } from "../move/move-mark.ts";
import type { FencedWrites } from "./fenced-writes.ts";
import { type SiteKeys, unsealed } from "./keys.ts";
import { moveMarkIn } from "./site-documents.ts";
import type { StoredKey } from "./store-etcd.ts";

export type Keys = ReadonlyMap<string, StoredKey>;

/** @throws OperationError ERR_STATE_MOVED, ERR_STATE_VERSION, ERR_STATE_CORRUPT */
export function requireUsable(place: string, keys: SiteKeys, all: Keys): void {
  requireNotMoved(place, moveMarkIn(keys, all));
  requireReadableFormat(place, keys, all);
}

/**
 * @returns its version; 0: there is none yet
 * @throws OperationError ERR_STATE_VERSION, ERR_STATE_CORRUPT
 */
export function requireReadableFormat(place: string, keys: SiteKeys, all: Keys): number {
  const stored = all.get(keys.format);
  return requireReadable(place, stored === undefined ? null : unsealed(stored.key, stored.value));
}

/** @param version of {@link requireReadableFormat} */
export async function keepFormat(
  writes: FencedWrites,
  keys: SiteKeys,
  version: number,
  memories: ReadonlyMap<ClusterKey, ClusterMemory>,
): Promise<FormatKeeper> {
  const keeper = new FormatKeeper(version, (record) => writes.write(keys.format, sealJson(record)));
  await keeper.begin();
  await keeper.loaded(memories);
  return keeper;
}
