/** A disk of its own, small and in memory, that can be filled and freed. Mounting needs root. */
import { mkdtemp, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

const COMMAND_MS = 30_000;

export class SmallDisk {
  private constructor(
    /** Where it is mounted, an absolute path. */
    readonly path: string,
  ) {}

  /** @throws Error when it cannot be mounted, as by anybody but root */
  static async mount(sizeMiB: number): Promise<SmallDisk> {
    const path = await mkdtemp(join(tmpdir(), "jupyter-cluster-small-disk-"));
    try {
      await run("mount", "-t", "tmpfs", "-o", `size=${sizeMiB}m,mode=700`, "tmpfs", path);
    } catch (error) {
      await rmdir(path);
      throw error;
    }
    return new SmallDisk(path);
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
    await rmdir(this.path);
  }

  private get filler(): string {
    return join(this.path, "filler");
  }
}

async function run(file: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await runCommand(file, args, { timeoutMs: COMMAND_MS });
  if (code !== 0) throw new Error(`${file}: ${stderr}`);
}
