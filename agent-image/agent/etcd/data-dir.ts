/** The slot's etcd data on its volume, and the file beside it that says what the data does not. */
import { dirname } from "node:path";
import type { EtcdData } from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import { hexId } from "../../../controller/model/ids.ts";
import { type FileOwner, type Files, isNotThere } from "../ports/files.ts";
import type { Processes } from "../ports/processes.ts";
import { type Identity, parseIdentity } from "./identity.ts";
import { type RaisedCommit, raiseCommit } from "./wal/raise-commit.ts";
import { readWal, WalCorruptError } from "./wal/read-wal.ts";

export class DataDir {
  /**
   * @param path of etcd's data directory; made when it is not there
   * @param identityFile beside it, on the same file system
   */
  constructor(
    private readonly files: Files,
    readonly path: string,
    private readonly identityFile: string,
    private readonly owner: FileOwner,
  ) {}

  /** Makes the directory, for etcd alone, and finishes what was interrupted. */
  async prepare(): Promise<void> {
    await this.files.remove(this.trash);
    await this.files.remove(this.successor);
    await this.makeOwned(this.path);
  }

  async readIdentity(): Promise<Identity | null> {
    const text = await this.files.read(this.identityFile);
    return text === null ? null : parseIdentity(text);
  }

  async writeIdentity(identity: Identity): Promise<void> {
    const text = `${JSON.stringify(identity)}\n`;
    await this.files.write(this.identityFile, text, { mode: 0o644, durable: true });
  }

  /**
   * What is there, as far as it shows without running etcd. etcd takes a directory without a
   * write-ahead log for a new one, whatever else is in it.
   */
  async inspect(): Promise<EtcdData> {
    try {
      const log = await readWal(this.files, this.logPath);
      if (log === null) return { state: "empty" };
      const [memberId, clusterId] = [hexId(log.memberId), hexId(log.clusterId)];
      const { index: raftIndex, term: raftTerm } = log.last;
      return { state: "present", memberId, clusterId, raftIndex, raftTerm };
    } catch (error) {
      if (isNotThere(error)) return { state: "empty" };
      const what = error instanceof WalCorruptError ? "write-ahead log" : "data";
      return { state: "corrupt", reason: `the ${what} cannot be read: ${messageOf(error)}` };
    }
  }

  /** Whether etcd would find anything to go on with. */
  hasLog(): boolean {
    try {
      return this.files.listNow(this.logPath).some((name) => name.endsWith(".wal"));
    } catch (error) {
      // What cannot be read is etcd's to complain about.
      return !isNotThere(error);
    }
  }

  /**
   * Before etcd is forced to go on alone, as {@link raiseCommit}: it keeps all that is in its log.
   */
  commitWholeLog(processes: Pick<Processes, "run">): Promise<RaisedCommit | null> {
    return raiseCommit(this.files, processes, this.logPath);
  }

  /**
   * What a member without a log has left. A new member would take the database for its own, though
   * it knows nothing of how it came about.
   */
  async clearRemains(): Promise<void> {
    if ((await this.files.list(this.path)).length > 0) await this.wipe();
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
    await this.files.remove(this.successor);
    await this.makeOwned(this.successor);
    await make(this.successor);
    await this.files.syncTree(this.successor);
    await this.moveAway();
    await this.files.rename(this.successor, this.path);
    await this.files.syncDirectory(dirname(this.path));
    await this.prepare();
  }

  private async moveAway(): Promise<void> {
    await this.files.remove(this.trash);
    await this.makeOwned(this.path);
    await this.files.rename(this.path, this.trash);
    await this.files.remove(this.identityFile);
    await this.files.syncDirectory(dirname(this.path));
  }

  private async makeOwned(path: string): Promise<void> {
    await this.files.makeDirectory(path, 0o700);
    await this.files.chmod(path, 0o700);
    await this.files.chown(path, this.owner);
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
