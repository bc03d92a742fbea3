/** Spec files that the API writes, in a directory of the state directory: a document and its owners each. */
import { join } from "node:path";
import { type ClusterKey, clusterKey, type ClusterRef } from "../../model/ids.ts";
import type { StoredSpec } from "../../model/stored-spec.ts";
import { readJson, writeJsonDurably } from "./json-file.ts";
import {
  backupOf,
  listStateDirectory,
  makeStateDirectory,
  readStateFile,
  removeStateFiles,
  writeStateFile,
} from "./state-file.ts";

/** Neither part has a dot in it. */
const NAME = /^([^.]+)\.([^.]+)\.yaml$/;

export function managedDirectory(stateDir: string): string {
  return join(stateDir, "managed");
}

export function managedFile(directory: string, { namespace, name }: ClusterRef): string {
  return join(directory, `${namespace}.${name}.yaml`);
}

/** Not a spec file, for its name is hidden. */
function ownersFile(directory: string, { namespace, name }: ClusterRef): string {
  return join(directory, `.${namespace}.${name}.owners.json`);
}

/** None when nothing was saved. @throws OperationError */
export async function readOwners(directory: string, ref: ClusterRef): Promise<readonly unknown[]> {
  const reading = await readJson(ownersFile(directory, ref));
  const owners = (reading?.value as { owners?: unknown } | undefined)?.owners;
  return Array.isArray(owners) ? owners : [];
}

/** Resolves when it is durable; the directory is made when it is not there. @throws OperationError */
export async function saveManagedFile(
  directory: string,
  ref: ClusterRef,
  { text, owners }: StoredSpec,
): Promise<void> {
  await makeStateDirectory(directory);
  // The owners first: without them a document would be nobody's, which is less than it was.
  await writeJsonDurably(ownersFile(directory, ref), { owners });
  await writeStateFile(managedFile(directory, ref), text);
}

/** The same. */
export async function removeManagedFile(directory: string, ref: ClusterRef): Promise<void> {
  const owners = ownersFile(directory, ref);
  await removeStateFiles([managedFile(directory, ref), backupOf(owners), owners]);
}

/** Files of other names are a person's. @throws OperationError */
export async function loadManagedFiles(directory: string): Promise<Map<ClusterKey, StoredSpec>> {
  const specs = new Map<ClusterKey, StoredSpec>();
  for (const file of (await listStateDirectory(directory)).toSorted()) {
    const [, namespace, name] = NAME.exec(file) ?? [];
    if (namespace === undefined || name === undefined) continue;
    const ref = { namespace, name };
    const text = await readStateFile(managedFile(directory, ref));
    if (text === null) continue;
    specs.set(clusterKey(ref), { text, owners: await readOwners(directory, ref) });
  }
  return specs;
}
