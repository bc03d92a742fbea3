/**
 * Files that are whole or not there at all, whatever moment the process ends or the power goes.
 * Errors are the system's own; state-file.ts says what a person can do about them.
 */
import { mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";

/** For the controller's own user only: its files hold tokens. */
export const FILE_MODE = 0o600;
export const DIRECTORY_MODE = 0o700;

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface WriteOptions {
  /** {@link FILE_MODE} when left out. */
  readonly mode?: number;
  readonly owner?: FileOwner;
  /** False for what is made anew after a restart: it need not survive a power cut. */
  readonly durable?: boolean;
}

/**
 * Resolves when the content is on disk under this name: written beside it, synced, renamed over it,
 * and the directory synced (the rename is not durable before that). Until then the old content is
 * there. Only one writer at a time may write a file; what one that was ended has left is replaced.
 */
export async function replaceFile(
  path: string,
  content: string,
  options: WriteOptions = {},
): Promise<void> {
  const temporary = await writeBeside(path, content, options);
  await renameOrClean(temporary, path);
  if (options.durable !== false) await syncDirectory(dirname(path));
}

/** The complete new content under a temporary name; the caller renames it. @returns its path */
export async function writeBeside(
  path: string,
  content: string,
  { mode = FILE_MODE, owner, durable = true }: WriteOptions = {},
): Promise<string> {
  const temporary = `${path}.new`;
  await unlinkIfThere(temporary);
  const file = await open(temporary, "wx", mode);
  try {
    await file.writeFile(content);
    // The mode that `open` gives is less what the process's umask takes.
    await file.chmod(mode);
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
    if (durable) await file.sync();
  } catch (error) {
    await unlinkIfThere(temporary);
    throw error;
  } finally {
    await file.close();
  }
  return temporary;
}

export async function renameOrClean(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    await unlinkIfThere(temporary);
    throw error;
  }
}

/** With those above it; durable as the files in it are. */
export async function makeDirectories(path: string): Promise<void> {
  const topmost = await mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
  if (topmost === undefined) return;
  for (let made = path; made.length >= topmost.length; made = dirname(made)) {
    await syncDirectory(dirname(made));
  }
}

/** null when there is no such file. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/** Of a file alike. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Of errors of the system alone; every other error is ours, or a bug. */
export function codeOf(error: unknown): string | null {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return typeof syscall === "string" && typeof code === "string" ? code : null;
}
