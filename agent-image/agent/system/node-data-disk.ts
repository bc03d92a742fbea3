/** The real disk of the data. */
import { rm, stat } from "node:fs/promises";
import { DATA_MOUNT } from "../../../controller/model/agent-api.ts";
import type { DataDisk } from "../ports/data-disk.ts";
import { isNotThere } from "../ports/files.ts";
import { fileSystemReader } from "./file-system.ts";
import { runCommand } from "./run-command.ts";

/** st_blocks counts these, whatever the file system's own blocks are (stat(2)). */
const BLOCK_BYTES = 512;
const RESERVE_MS_MAX = 5_000;
const fileSystem = fileSystemReader(DATA_MOUNT);

export const nodeDataDisk: DataDisk = {
  async space() {
    const stats = await fileSystem();
    if (stats === null) return null;
    const { bsize, blocks, bavail } = stats;
    return { availableBytes: bavail * bsize, sizeBytes: blocks * bsize };
  },
  async takenBy(path) {
    try {
      const { blocks, size } = await stat(path);
      return { takenBytes: blocks * BLOCK_BYTES, sizeBytes: size };
    } catch (error) {
      if (isNotThere(error)) return null;
      throw error;
    }
  },
  async reserve(path, bytes) {
    // fallocate(2) with FALLOC_FL_KEEP_SIZE: blocks behind a file's end are its own, and nobody else can take them.
    await fallocate("--keep-size", "--offset", "0", "--length", String(bytes), path);
  },
  async make(path, bytes) {
    try {
      await fallocate("--length", String(bytes), path);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  },
  remove: (path) => rm(path, { force: true }),
};

async function fallocate(...args: readonly string[]): Promise<void> {
  await runCommand("/usr/bin/fallocate", args, { timeoutMs: RESERVE_MS_MAX });
}
