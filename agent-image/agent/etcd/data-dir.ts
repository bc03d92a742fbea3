/** The slot's etcd data on its volume, and the file beside it that says whose data it is. */
import { chown, chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { EtcdData } from "../../../controller/model/agent-api.ts";
import {
  type FileOwner,
  readIfThere,
  syncDirectory,
  writeAtomically,
} from "../system/atomic-file.ts";
import { type Identity, parseIdentity } from "./identity.ts";

export class DataDir {
  /**
   * @param path of etcd's data directory; made when it is not there
   * @param identityFile beside it, on the same file system
   */
  constructor(
    readonly path: string,
    private readonly identityFile: string,
    private readonly owner: FileOwner,
  ) {}

  /** Makes the directory, for etcd alone, and finishes an interrupted wipe. */
  async prepare(): Promise<void> {
    await rm(this.trash, { recursive: true, force: true });
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    await chmod(this.path, 0o700);
    await chown(this.path, this.owner.uid, this.owner.gid);
  }

  async readIdentity(): Promise<Identity | null> {
    const text = await readIfThere(this.identityFile);
    return text === null ? null : parseIdentity(text);
  }

  async writeIdentity(identity: Identity): Promise<void> {
    const text = `${JSON.stringify(identity)}\n`;
    await writeAtomically(this.identityFile, text, { mode: 0o644, durable: true });
  }

  /** What is there, as far as it shows without running etcd. */
  async inspect(): Promise<EtcdData> {
    try {
      if (!(await this.hasLog())) return { state: "empty" };
    } catch (error) {
      return { state: "corrupt", reason: `the data cannot be read: ${String(error)}` };
    }
    const identity = await this.readIdentity();
    return {
      state: "present",
      memberId: identity?.memberId ?? null,
      clusterId: identity?.clusterId ?? null,
      raftIndex: identity?.raftIndex ?? 0,
    };
  }

  /** Everything of the former member goes. Interrupted anywhere, the data is whole or gone. */
  async wipe(): Promise<void> {
    await rename(this.path, this.trash);
    await rm(this.identityFile, { force: true });
    await syncDirectory(dirname(this.path));
    await this.prepare();
  }

  /** etcd takes a directory without a write-ahead log for a new one, whatever else is in it. */
  private async hasLog(): Promise<boolean> {
    try {
      const names = await readdir(`${this.path}/member/wal`);
      return names.some((name) => name.endsWith(".wal"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
  }

  private get trash(): string {
    return `${this.path}.trash`;
  }
}
