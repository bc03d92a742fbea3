/** A container's file system in memory: what its own layer holds, and the volume mounted in it. */
import type {
  FileOwner,
  Files,
  FileStat,
  OpenFile,
  WriteOptions,
} from "../../../agent-image/agent/ports/files.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { Rng } from "../engine/rng.ts";
import type { Tree } from "./tree.ts";

/** A sync waits for the disk; a container may end meanwhile. */
const SYNC_MS = { min: 0, max: 8 };
const NEVER = new Promise<never>(() => undefined);

export interface MemoryFilesOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /** What is mounted later hides what was there before. */
  readonly mounts: readonly { readonly at: string; readonly tree: Tree }[];
  /** The container has ended: whoever still runs for it comes no further. */
  readonly isOver: () => boolean;
  /** Before something is moved away. */
  readonly onRename: (from: string) => void;
}

export class MemoryFiles implements Files {
  constructor(private readonly options: MemoryFilesOptions) {}

  read(path: string): Promise<string | null> {
    return this.step(() => this.treeOf(path).read(path)?.toString("utf8") ?? null);
  }

  async write(path: string, text: string, { durable, owner }: WriteOptions): Promise<void> {
    if (durable) await this.sync();
    await this.step(() => {
      this.treeOf(path).write(path, Buffer.from(text), this.options.clock.now());
      if (owner !== undefined) this.treeOf(path).chown(path, owner);
    });
  }

  append(path: string, text: string): Promise<void> {
    return this.step(() => {
      const tree = this.treeOf(path);
      const before = tree.read(path) ?? Buffer.alloc(0);
      tree.write(path, Buffer.concat([before, Buffer.from(text)]), this.options.clock.now());
    });
  }

  open(path: string, access: "r" | "r+" | "w"): Promise<OpenFile> {
    return this.step(() => {
      const tree = this.treeOf(path);
      if (access === "w") tree.write(path, Buffer.alloc(0), this.options.clock.now());
      return this.openFile(tree, path);
    });
  }

  list(path: string): Promise<readonly string[]> {
    return this.step(() => this.listNow(path));
  }

  listNow(path: string): readonly string[] {
    return this.treeOf(path).list(path);
  }

  stat(path: string): Promise<FileStat> {
    return this.step(() => this.treeOf(path).stat(path));
  }

  makeDirectory(path: string): Promise<void> {
    return this.step(() => this.treeOf(path).makeDirectory(path, this.options.clock.now()));
  }

  chmod(path: string): Promise<void> {
    return this.step(() => void this.treeOf(path).stat(path));
  }

  chown(path: string, owner: FileOwner): Promise<void> {
    return this.step(() => this.treeOf(path).chown(path, owner));
  }

  rename(from: string, to: string): Promise<void> {
    return this.step(() => {
      this.options.onRename(from);
      this.treeOf(from).rename(from, to);
    });
  }

  remove(path: string): Promise<void> {
    return this.step(() => this.treeOf(path).remove(path));
  }

  syncDirectory(): Promise<void> {
    return this.sync();
  }

  syncTree(): Promise<void> {
    return this.sync();
  }

  private openFile(tree: Tree, path: string): OpenFile {
    let bytes = tree.content(path);
    const put = (changed: Buffer) => {
      bytes = changed;
      tree.write(path, bytes, this.options.clock.now());
    };
    return {
      size: () => this.step(() => bytes.length),
      read: (offset, count) => this.step(() => bytes.subarray(offset, offset + count)),
      write: (part, offset) => this.step(() => put(overlay(bytes, part, offset))),
      truncate: (size) => this.step(() => put(Buffer.concat([bytes.subarray(0, size)], size))),
      sync: () => this.sync(),
      close: () => this.step(() => undefined),
    };
  }

  private treeOf(path: string): Tree {
    const { mounts } = this.options;
    const mount = mounts.findLast(({ at }) => path === at || path.startsWith(`${at}/`));
    return (mount ?? (mounts[0] as (typeof mounts)[number])).tree;
  }

  private async step<T>(work: () => T): Promise<T> {
    return this.options.isOver() ? NEVER : work();
  }

  private sync(): Promise<void> {
    const { clock, rng, isOver } = this.options;
    if (isOver()) return NEVER;
    return new Promise((resolve) => {
      clock.after(rng.integer(SYNC_MS.min, SYNC_MS.max), resolve);
    });
  }
}

/** What lies beyond the end is zeros. */
function overlay(bytes: Buffer, part: Uint8Array, offset: number): Buffer {
  const length = Math.max(bytes.length, offset + part.length);
  const changed = Buffer.concat([bytes], length);
  changed.set(part, offset);
  return changed;
}
