import { mkdtemp, readFile, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SHARED_MEMORY = "/dev/shm";
/** A minimal Debian, its packages and its tar file, with room to spare. */
const BYTES_NEEDED = 1024 ** 3;

export interface ScratchSpace {
  readonly directory: string;
  dispose(): Promise<void>;
}

/**
 * A temporary directory in memory where that is possible: unpacking thousands of small files with
 * an fsync after each takes most of a bootstrap's time on a disk.
 */
export async function makeScratchSpace(): Promise<ScratchSpace> {
  const parent = (await memoryIsUsable()) ? SHARED_MEMORY : tmpdir();
  const directory = await mkdtemp(join(parent, "jupyter-cluster-base-"));
  return { directory, dispose: () => rm(directory, { recursive: true, force: true }) };
}

/** A root file system cannot be set up where programs or devices are forbidden. */
async function memoryIsUsable(): Promise<boolean> {
  try {
    const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").map((l) => l.split(" "));
    const options = mounts.findLast((fields) => fields[1] === SHARED_MEMORY)?.[3]?.split(",");
    if (options === undefined || options.includes("noexec") || options.includes("nodev")) {
      return false;
    }
    const { bavail, bsize } = await statfs(SHARED_MEMORY);
    return bavail * bsize >= BYTES_NEEDED;
  } catch {
    // No /proc or no /dev/shm: not a Linux that we know; the disk will do.
    return false;
  }
}
