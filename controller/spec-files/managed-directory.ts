/** The spec files of a person, and those that the API writes: read together, told apart by their place. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { loadManifests, type ManifestReading } from "../../crd-schema/load.ts";
import type { ClusterRef } from "../model/ids.ts";
import { codeOf } from "../support/files/durable-file.ts";
import { isManifestName, specDigest } from "./spec-digest.ts";

/** Neither part has a dot in it. */
export function managedFile(directory: string, { namespace, name }: ClusterRef): string {
  return join(directory, `${namespace}.${name}.yaml`);
}

/** Who owns which field of it; not a spec file, for its name is hidden. */
export function ownersFile(directory: string, { namespace, name }: ClusterRef): string {
  return join(directory, `.${namespace}.${name}.owners.json`);
}

/** Null: they cannot be looked at, so none may be taken for removed. */
export async function managedFiles(directory: string | null): Promise<readonly string[] | null> {
  if (directory === null) return [];
  try {
    const names = (await readdir(directory)).filter(isManifestName);
    return names.toSorted().map((name) => join(directory, name));
  } catch (error) {
    return codeOf(error) === "ENOENT" ? [] : null;
  }
}

/** @param path of a person: a file, or a directory of them */
export async function readSpecs(path: string, managed: string | null): Promise<ManifestReading> {
  const files = await managedFiles(managed);
  const reading = await loadManifests([path, ...(files ?? [])]);
  return { ...reading, complete: reading.complete && files !== null };
}

/** Differs when any of the files does. */
export async function specsDigest(path: string, managed: string | null): Promise<string> {
  const own = await specDigest(path);
  return managed === null ? own : `${own} ${await specDigest(managed)}`;
}
