/** Files that are whole or not there at all, whatever moment the power goes. */
import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";

/** For the controller's own user only: the files hold tokens. */
export const FILE_MODE = 0o600;
export const DIRECTORY_MODE = 0o700;

/**
 * Resolves when the content is on disk under this name: written beside it, synced, renamed over
 * it, and the directory synced (the rename is not durable before that).
 *
 * @throws OperationError ERR_STATE_UNWRITABLE, and then the old content is there still
 */
export async function writeFileDurably(path: string, content: string): Promise<void> {
  await guarded(path, async () => {
    const temporary = await writeBeside(path, content);
    await renameOrClean(temporary, path);
    await syncDirectory(dirname(path));
  });
}

/** As {@link writeFileDurably}, and the file it replaces stays as `<path>.bak`. */
export async function replaceFileDurably(path: string, content: string): Promise<void> {
  await guarded(path, async () => {
    const temporary = await writeBeside(path, content);
    await keepAsBackup(path);
    await renameOrClean(temporary, path);
    await syncDirectory(dirname(path));
  });
}

/** Files that are not there are removed. */
export async function removeFilesDurably(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await guarded(path, async () => {
      await unlinkIfThere(path);
      await syncDirectory(dirname(path));
    });
  }
}

/** With those above it; durable as the files in it are. */
export async function makeDirectory(path: string): Promise<void> {
  await guarded(path, () => makeDirectories(path));
}

/** As {@link makeDirectory}, with the errors as the system has them. */
export async function makeDirectories(path: string): Promise<void> {
  const topmost = await mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
  if (topmost === undefined) return;
  for (let made = path; made.length >= topmost.length; made = dirname(made)) {
    await syncDirectory(dirname(made));
  }
}

/** null when there is no such file. */
export async function readIfThere(path: string): Promise<string | null> {
  return guarded(path, async () => {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return null;
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
    const message = `${path}: ${REMEDIES[code] ?? messageOf(error)}`;
    throw new OperationError(ERROR_CODES.STATE_UNWRITABLE, operation, message, { cause: error });
  }
}

/** Of errors of the system alone; every other error is ours, or a bug. */
export function codeOf(error: unknown): string | null {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return typeof syscall === "string" && typeof code === "string" ? code : null;
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

async function writeBeside(path: string, content: string): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(temporary, "wx", FILE_MODE);
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await unlinkIfThere(temporary);
    throw error;
  } finally {
    await file.close();
  }
  return temporary;
}

async function renameOrClean(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    await unlinkIfThere(temporary);
    throw error;
  }
}

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
    JSON.parse(content);
    return true;
  } catch {
    return false;
  }
}

export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
