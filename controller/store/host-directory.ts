/** The directory of this host: the whole state, or, where the store is elsewhere, what stays here. */
import { chmod, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { DIRECTORY_MODE } from "../support/files/durable-file.ts";
import { guarded, makeStateDirectory } from "../support/files/state-file.ts";

/** Its files hold tokens: it is this user's alone, also when it was there before. @returns its path */
export async function openHostDirectory(path: string): Promise<string> {
  const directory = resolve(path);
  await makeStateDirectory(directory);
  await guarded(directory, async () => {
    const { mode } = await stat(directory);
    if ((mode & 0o077) !== 0) await chmod(directory, DIRECTORY_MODE);
  });
  return directory;
}
