/**
 * Files that are in the making bear temporary names until both, the snapshot and what is known of
 * it, can be renamed. So a temporary file whose snapshot is not listed is what a crash left.
 */
import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, unlinkIfThere } from "../../support/files/durable-file.ts";
import { isSnapshotId } from "./snapshot-info.ts";

export const CONTENT = ".db";
export const INFO = ".json";
const TEMPORARY = /^(.+)(\.db|\.json)\.[0-9a-f]{12}\.tmp$/;

export function temporaryName(name: string): string {
  return `${name}.${randomBytes(6).toString("hex")}.tmp`;
}

/** No directory has none. */
export async function namesIn(directory: string): Promise<readonly string[] | null> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** @param inWork ids that this process is writing now */
export async function removeHalfWritten(
  directory: string,
  inWork: ReadonlySet<string>,
): Promise<void> {
  const names = (await namesIn(directory)) ?? [];
  for (const name of names) {
    const id = TEMPORARY.exec(name)?.[1];
    if (id === undefined || !isSnapshotId(id) || inWork.has(id)) continue;
    // The content was renamed already, or its removal had begun: nobody can list it.
    if (!names.includes(id + INFO)) await unlinkIfThere(join(directory, id + CONTENT));
    await unlinkIfThere(join(directory, name));
  }
}
