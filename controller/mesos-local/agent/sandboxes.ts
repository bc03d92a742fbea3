/**
 * A directory for each container, bound into it as its Mesos sandbox. When the container has ended
 * its output is kept there as `stdout` and `stderr`, so that the container itself can be removed
 * at once and never holds on to an address, a name or a volume.
 */
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerOutput } from "./docker-engine.ts";

/** Sandboxes of ended containers that are kept, newest first. */
const ENDED_KEPT_MAX = 20;

export class Sandboxes {
  private readonly root: string;

  constructor(stateDir: string) {
    this.root = join(stateDir, "sandboxes");
  }

  pathOf(containerId: string): string {
    return join(this.root, containerId);
  }

  async create(containerId: string): Promise<void> {
    await mkdir(this.pathOf(containerId), { recursive: true });
  }

  async keepOutput(containerId: string, output: ContainerOutput): Promise<void> {
    const path = this.pathOf(containerId);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "stdout"), output.stdout);
    await writeFile(join(path, "stderr"), output.stderr);
  }

  /** Removes the oldest sandboxes that are not in use. */
  async collect(inUse: ReadonlySet<string>): Promise<void> {
    await mkdir(this.root, { recursive: true });
    const ended = (await readdir(this.root)).filter((name) => !inUse.has(name));
    const dated = await Promise.all(
      ended.map(async (name) => ({ name, at: (await stat(this.pathOf(name))).mtimeMs })),
    );
    const old = dated.sort((a, b) => b.at - a.at).slice(ENDED_KEPT_MAX);
    await Promise.all(old.map(({ name }) => rm(this.pathOf(name), { recursive: true })));
  }
}
