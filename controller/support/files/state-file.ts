/** Durable files of the state directory: whatever fails says what a person can do about it. */
import { randomBytes } from "node:crypto";
import { link, readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";
import { ownerOfPath } from "../users.ts";
import { unsealJson } from "./sealed-json.ts";
import {
  codeOf,
  makeDirectories,
  readIfThere,
  renameOrClean,
  replaceFile,
  syncDirectory,
  unlinkIfThere,
  writeBeside,
} from "./durable-file.ts";

/** @throws OperationError ERR_STATE_UNWRITABLE, and then the old content is there still */
export async function writeStateFile(path: string, content: string): Promise<void> {
  await guarded(path, () => replaceFile(path, content));
}

/** As {@link writeStateFile}, and the file it replaces stays as `<path>.bak`. */
export async function writeWithBackup(path: string, content: string): Promise<void> {
  await guarded(path, async () => {
    const temporary = await writeBeside(path, content);
    await keepAsBackup(path);
    await renameOrClean(temporary, path);
    await syncDirectory(dirname(path));
  });
}

/** Files that are not there are removed. */
export async function removeStateFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await guarded(path, async () => {
      await unlinkIfThere(path);
      await syncDirectory(dirname(path));
    });
  }
}

/** With those above it; durable as the files in it are. */
export async function makeStateDirectory(path: string): Promise<void> {
  await guarded(path, () => makeDirectories(path));
}

/** null when there is no such file. */
export async function readStateFile(path: string): Promise<string | null> {
  return guarded(path, () => readIfThere(path));
}

/** Sorted; none when there is no such directory. */
export async function listStateDirectory(path: string): Promise<readonly string[]> {
  return guarded(path, async () => {
    try {
      return (await readdir(path)).toSorted();
    } catch (error) {
      if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
      throw error;
    }
  });
}

export function backupOf(path: string): string {
  return `${path}.bak`;
}

/** Errors of the file system say what a person can do about them. */
export async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    const operation = `keep state in ${path}`;
    const remedy = REMEDIES[code];
    const what = remedy === undefined ? messageOf(error) : `${code}, ${remedy}`;
    const owner = code === "EACCES" || code === "EPERM" ? await nearestOwner(path) : null;
    const whose = owner === null ? "" : ` It belongs to ${owner}.`;
    const message = `${path}: ${what}${whose}`;
    throw new OperationError(ERROR_CODES.STATE_UNWRITABLE, operation, message, { cause: error });
  }
}

/** Of the file itself, or of the first above it that this user may look at. */
async function nearestOwner(path: string): Promise<string | null> {
  const owner = await ownerOfPath(path);
  if (owner !== null || path === dirname(path)) return owner;
  return nearestOwner(dirname(path));
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full. Free some space; nothing is changed until this can be stored.",
  EDQUOT: "the disk quota is used up. Free some space; nothing is changed until then.",
  EROFS: "the file system is read-only. Make it writable, or choose another state directory.",
  EACCES: "this user may not use it. Change its owner, or choose another state directory.",
  EPERM: "this user may not use it. Change its owner, or choose another state directory.",
  ENOTDIR: "a part of the path is not a directory. Choose another state directory.",
  EEXIST: "it is there and is not a directory. Choose another state directory.",
  EIO: "the disk reports an error. Look at the system's log.",
};

/** By a second name, so that at no moment the file itself is missing. */
async function keepAsBackup(path: string): Promise<void> {
  const content = await readIfThere(path);
  // What is broken must not take the place of the last one that was whole.
  if (content === null || !isWhole(content)) return;
  const second = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await link(path, second);
  await renameOrClean(second, backupOf(path));
}

function isWhole(content: string): boolean {
  try {
    unsealJson(content);
    return true;
  } catch {
    return false;
  }
}
