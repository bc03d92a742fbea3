/** The real file system. */
import { readdirSync } from "node:fs";
import {
  appendFile,
  chmod,
  chown,
  type FileHandle,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import type { Files, OpenFile } from "../ports/files.ts";
import {
  readIfThere,
  replaceFile,
  syncDirectory,
} from "../../../controller/support/files/durable-file.ts";

/** Of a new file: what is in it may be secret. */
const NEW_FILE_MODE = 0o600;

export const nodeFiles: Files = {
  read: readIfThere,
  write: (path, text, { durable = false, ...options }) =>
    replaceFile(path, text, { ...options, durable }),
  append: (path, text) => appendFile(path, text),
  open: async (path, access) => openFile(await open(path, access, NEW_FILE_MODE)),
  list: (path) => readdir(path),
  listNow: (path) => readdirSync(path),
  stat: async (path) => {
    const { uid, mtimeMs } = await stat(path);
    return { uid, modifiedAt: mtimeMs };
  },
  makeDirectory: async (path, mode) => {
    await mkdir(path, { recursive: true, mode });
  },
  chmod,
  chown: (path, { uid, gid }) => chown(path, uid, gid),
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  syncDirectory,
  syncTree,
};

function openFile(handle: FileHandle): OpenFile {
  return {
    size: async () => (await handle.stat()).size,
    read: async (offset, bytes) => {
      const buffer = Buffer.allocUnsafe(bytes);
      const { bytesRead } = await handle.read(buffer, 0, bytes, offset);
      return buffer.subarray(0, bytesRead);
    },
    write: async (bytes, offset) => {
      // What a full disk takes in part, it refuses with the next try.
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
      }
    },
    truncate: (bytes) => handle.truncate(bytes),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

/** Every file and directory below, and the directory itself. */
async function syncTree(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory()) await syncTree(inner);
    // A directory and a file are synced alike.
    else await syncDirectory(inner);
  }
  await syncDirectory(path);
}
