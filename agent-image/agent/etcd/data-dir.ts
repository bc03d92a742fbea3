/** The slot's etcd data on its volume, and the file beside it that says what the data does not. */
import { readdirSync } from "node:fs";
import { chmod, chown, mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { EtcdData } from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import { hexId } from "../../../controller/model/ids.ts";
import {
  type FileOwner,
  readIfThere,
  syncDirectory,
  syncTree,
  writeAtomically,
} from "../system/atomic-file.ts";
import { type Identity, parseIdentity } from "./identity.ts";
import { type RaisedCommit, raiseCommit } from "./wal/raise-commit.ts";
import { readWal, WalCorruptError } from "./wal/read-wal.ts";

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

  /** Makes the directory, for etcd alone, and finishes what was interrupted. */
  async prepare(): Promise<void> {
    await rm(this.trash, { recursive: true, force: true });
    await rm(this.successor, { recursive: true, force: true });
    await this.makeOwned(this.path);
  }

  async readIdentity(): Promise<Identity | null> {
    const text = await readIfThere(this.identityFile);
    return text === null ? null : parseIdentity(text);
  }

  async writeIdentity(identity: Identity): Promise<void> {
    const text = `${JSON.stringify(identity)}\n`;
    await writeAtomically(this.identityFile, text, { mode: 0o644, durable: true });
  }

  /**
   * What is there, as far as it shows without running etcd. etcd takes a directory without a
   * write-ahead log for a new one, whatever else is in it.
   */
  async inspect(): Promise<EtcdData> {
    try {
      const log = await readWal(this.logPath);
      if (log === null) return { state: "empty" };
      const [memberId, clusterId] = [hexId(log.memberId), hexId(log.clusterId)];
      const { index: raftIndex, term: raftTerm } = log.last;
      return { state: "present", memberId, clusterId, raftIndex, raftTerm };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return { state: "empty" };
      const what = error instanceof WalCorruptError ? "write-ahead log" : "data";
      return { state: "corrupt", reason: `the ${what} cannot be read: ${messageOf(error)}` };
    }
  }

  /** Whether etcd would find anything to go on with. */
  hasLog(): boolean {
    try {
      return readdirSync(this.logPath).some((name) => name.endsWith(".wal"));
    } catch (error) {
      // What cannot be read is etcd's to complain about.
      return (error as NodeJS.ErrnoException).code !== "ENOENT";
    }
  }

  /** Before etcd is forced to go on alone: it keeps all that it has in its log. */
  commitWholeLog(): Promise<RaisedCommit | null> {
    return raiseCommit(this.logPath);
  }

  /**
   * What a member without a log has left. A new member would take the database for its own, though
   * it knows nothing of how it came about.
   */
  async clearRemains(): Promise<void> {
    if ((await readdir(this.path)).length > 0) await this.wipe();
  }

  /** Everything of the former member goes. Interrupted anywhere, the data is whole or gone. */
  async wipe(): Promise<void> {
    await this.moveAway();
    await this.prepare();
  }

  /**
   * Other data takes the place of what is there. Interrupted anywhere, the former data is whole, or
   * none is there, or the new data is whole.
   *
   * @param make fills the empty directory that it is given, which is etcd's own
   */
  async replace(make: (directory: string) => Promise<void>): Promise<void> {
    await rm(this.successor, { recursive: true, force: true });
    await this.makeOwned(this.successor);
    await make(this.successor);
    await syncTree(this.successor);
    await this.moveAway();
    await rename(this.successor, this.path);
    await syncDirectory(dirname(this.path));
    await this.prepare();
  }

  private async moveAway(): Promise<void> {
    await rm(this.trash, { recursive: true, force: true });
    await this.makeOwned(this.path);
    await rename(this.path, this.trash);
    await rm(this.identityFile, { force: true });
    await syncDirectory(dirname(this.path));
  }

  private async makeOwned(path: string): Promise<void> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
    await chown(path, this.owner.uid, this.owner.gid);
  }

  private get logPath(): string {
    return `${this.path}/member/wal`;
  }

  private get trash(): string {
    return `${this.path}.trash`;
  }

  private get successor(): string {
    return `${this.path}.new`;
  }
}
