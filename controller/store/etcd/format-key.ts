/** Whether what is stored below the prefix may be used, and by which versions. */
import { sealJson } from "../../support/files/sealed-json.ts";
import { requireNotMoved } from "../move/move-mark.ts";
import { requireReadable, STATE_VERSION, versionIn } from "../state-dir.ts";
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

/** @throws OperationError ERR_STATE_VERSION, ERR_STATE_CORRUPT */
export function requireReadableFormat(place: string, keys: SiteKeys, all: Keys): void {
  const format = formatIn(keys, all);
  if (format !== null) requireReadable(place, format);
}

export async function writeFormat(writes: FencedWrites, keys: SiteKeys, all: Keys): Promise<void> {
  if (formatIn(keys, all) === STATE_VERSION) return;
  await writes.write(keys.format, sealJson({ version: STATE_VERSION }));
}

function formatIn(keys: SiteKeys, all: Keys): unknown {
  const stored = all.get(keys.format);
  return stored === undefined ? null : versionIn(unsealed(stored.key, stored.value));
}
