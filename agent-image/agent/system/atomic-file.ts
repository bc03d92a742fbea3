/** Whole files, replaced so that no reader ever sees half of one. */
import { constants } from "node:fs";
import { chmod, chown, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { WriteOptions } from "../ports/files.ts";

/** Writes beside the file and renames over it. */
export async function writeAtomically(
  path: string,
  text: string,
  options: WriteOptions,
): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const file = await open(temporary, flags, options.mode);
  try {
    await file.writeFile(text);
    if (options.durable) await file.sync();
  } finally {
    await file.close();
  }
  await chmod(temporary, options.mode);
  if (options.owner) await chown(temporary, options.owner.uid, options.owner.gid);
  await rename(temporary, path);
  if (options.durable) await syncDirectory(dirname(path));
}

export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Every file and directory below, and the directory itself. */
export async function syncTree(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory()) await syncTree(inner);
    // A directory and a file are synced alike.
    else await syncDirectory(inner);
  }
  await syncDirectory(path);
}
