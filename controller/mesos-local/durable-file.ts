/** Files that survive a crash at any moment: written beside, synced, renamed, directory synced. */
import { type FileHandle, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

const PRIVATE = 0o600;

export async function writeDurably(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  await withFile(await open(beside, "w", PRIVATE), async (file) => {
    await file.writeFile(text);
    await file.sync();
  });
  await rename(beside, path);
  await withFile(await open(dirname(path), "r"), (directory) => directory.sync());
}

/** null: there is no such file. */
export async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function withFile(file: FileHandle, use: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
