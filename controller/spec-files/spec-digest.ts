/** What tells that the spec files changed without reading them as specs: one hash over all, and their times. */
import { createHash, type Hash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** As loadManifests takes them. */
const MANIFEST_NAME = /^[^.].*\.(yaml|yml|json)$/i;
/** A larger file is refused by its size; its content need not be read for that. */
const CONTENT_BYTES_MAX = 1024 * 1024;
const FILES_MAX = 1024;

export function isManifestName(name: string): boolean {
  return MANIFEST_NAME.test(name);
}

/** @param path a spec file or a directory of them; need not exist */
export async function specDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  for (const file of await filesOf(path, hash)) {
    hash.update(`\0${file}\0`);
    await addFile(hash, file);
  }
  return hash.digest("hex");
}

async function filesOf(path: string, hash: Hash): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter(isManifestName).toSorted();
    return names.slice(0, FILES_MAX).map((name) => join(path, name));
  } catch (error) {
    hash.update(`unreadable ${codeOf(error)}`);
    return [];
  }
}

/**
 * When a spec file, or the directory of them, last changed: milliseconds since the epoch by the file
 * system's clock; 0 when nothing of it is there.
 */
export async function lastChangedAt(path: string): Promise<number> {
  const files = await filesOf(path, createHash("sha256"));
  const times = await Promise.all([path, ...files].map(changedAt));
  return Math.max(...times);
}

async function changedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    // What is not there has no time; that it is not there is told by reading it.
    return 0;
  }
}

/** Whatever cannot be read counts with its error: that it can be read again is a change too. */
async function addFile(hash: Hash, file: string): Promise<void> {
  try {
    const found = await stat(file);
    if (!found.isFile() || found.size > CONTENT_BYTES_MAX) {
      hash.update(`${found.mode} ${found.size} ${found.mtimeMs}`);
      return;
    }
    hash.update(await readFile(file));
  } catch (error) {
    hash.update(`unreadable ${codeOf(error)}`);
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}
