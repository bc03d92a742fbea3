/** A disk of its own, small, that can be filled and freed. Mounting needs root. */
import { mkdir, mkdtemp, open, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

const COMMAND_MS = 30_000;
const MIB = 2 ** 20;

export class SmallDisk {
  private constructor(
    /** Where it is mounted, an absolute path. */
    readonly path: string,
    private readonly made: readonly string[],
  ) {}

  /**
   * In memory.
   *
   * @throws Error when it cannot be mounted, as by anybody but root
   */
  static async mount(sizeMiB: number): Promise<SmallDisk> {
    const path = await mkdtemp(join(tmpdir(), "jupyter-cluster-small-disk-"));
    try {
      await run("mount", "-t", "tmpfs", "-o", `size=${sizeMiB}m,mode=700`, "tmpfs", path);
    } catch (error) {
      await rmdir(path);
      throw error;
    }
    return new SmallDisk(path, [path]);
  }

  /**
   * With a file system as disks have it, in a file of this machine.
   *
   * @throws Error when it cannot be mounted, as without loop devices
   */
  static async mountExt4(sizeMiB: number): Promise<SmallDisk> {
    const directory = await mkdtemp(join(tmpdir(), "jupyter-cluster-small-disk-"));
    const [image, path] = [join(directory, "image"), join(directory, "disk")];
    try {
      const file = await open(image, "w");
      await file.truncate(sizeMiB * MIB);
      await file.close();
      await mkdir(path);
      await run("mkfs.ext4", "-q", image);
      await run("mount", "-o", "loop", image, path);
    } catch (error) {
      await rm(directory, { recursive: true });
      throw error;
    }
    return new SmallDisk(path, [path, image, directory]);
  }

  /** To the last byte: the command ends with the disk, which is what it is for. */
  async fill(): Promise<void> {
    const { stderr } = await runCommand("dd", ["if=/dev/zero", `of=${this.filler}`, "bs=4k"], {
      timeoutMs: COMMAND_MS,
    });
    if (!stderr.includes("No space left")) throw new Error(`the disk is not full: ${stderr}`);
  }

  async free(): Promise<void> {
    await rm(this.filler, { force: true });
  }

  async unmount(): Promise<void> {
    await run("umount", this.path);
    for (const path of this.made) await rm(path, { recursive: true });
  }

  private get filler(): string {
    return join(this.path, "filler");
  }
}

async function run(file: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await runCommand(file, args, { timeoutMs: COMMAND_MS });
  if (code !== 0) throw new Error(`${file}: ${stderr}`);
}
