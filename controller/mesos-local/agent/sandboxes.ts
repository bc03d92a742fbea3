/**
 * A directory for each container, bound into it as its Mesos sandbox. When the container has ended
 * its output is kept there as `stdout` and `stderr`, so that the container itself can be removed
 * at once and never holds on to an address, a name or a volume.
 */
import { mkdir, open, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerOutput } from "./docker-engine.ts";

/** Names under which sandboxes can be read, newest last; a start forgets them. */
const PUBLISHED_MAX = 1_000;
/** Sandboxes of ended containers that are kept, newest first. */
const ENDED_KEPT_MAX = 20;

export class Sandboxes {
  private readonly root: string;
  private readonly published = new Map<string, string>();

  constructor(stateDir: string) {
    this.root = join(stateDir, "sandboxes");
  }

  pathOf(containerId: string): string {
    return join(this.root, containerId);
  }

  async create(containerId: string): Promise<void> {
    await mkdir(this.pathOf(containerId), { recursive: true });
  }

  /** Under which name an agent shows it; of each executor the latest run. */
  publish(executorPath: string, containerId: string): void {
    this.published.delete(executorPath);
    this.published.set(executorPath, containerId);
    for (const [oldest] of this.published) {
      if (this.published.size <= PUBLISHED_MAX) break;
      this.published.delete(oldest);
    }
  }

  /**
   * As an agent's `/files/read`: up to `length` bytes from `offset`; of -1 the file's size.
   * Null: there is no such file.
   */
  async read(
    executorPath: string,
    name: "stdout" | "stderr",
    { offset, length }: { readonly offset: number; readonly length: number },
  ): Promise<{ readonly data: string; readonly offset: number } | null> {
    const containerId = this.published.get(executorPath);
    if (containerId === undefined) return null;
    try {
      const file = await open(join(this.pathOf(containerId), name), "r");
      try {
        if (offset === -1) return { data: "", offset: (await file.stat()).size };
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
        return { data: buffer.toString("utf8", 0, bytesRead), offset };
      } finally {
        await file.close();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
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
