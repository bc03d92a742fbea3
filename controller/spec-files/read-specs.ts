/** All spec files, a person's and those that the API writes, read together. */
import { loadManifests, type ManifestReading } from "../../crd-schema/load.ts";
import type { ManagedPlace } from "./managed-place.ts";
import { specDigest } from "./spec-digest.ts";

export interface SpecReading extends ManifestReading {
  /** As `complete`, of a person's files alone. */
  readonly ownComplete: boolean;
}

/** @param path of a person: a file, or a directory of them */
export async function readSpecs(path: string, managed: ManagedPlace | null): Promise<SpecReading> {
  const found = managed === null ? { paths: [], texts: new Map() } : await managed.read();
  const { paths = [], texts = new Map() } = found ?? {};
  const reading = await loadManifests([path, ...paths], [...texts.values()]);
  return {
    ...reading,
    files: [...reading.files, ...texts.keys()],
    ownComplete: reading.complete,
    complete: reading.complete && found !== null,
  };
}

/** Differs when any of the files does. */
export async function specsDigest(path: string, managed: ManagedPlace | null): Promise<string> {
  const own = await specDigest(path);
  return managed === null ? own : `${own} ${await managed.digest()}`;
}
