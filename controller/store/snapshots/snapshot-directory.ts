/** The snapshots of one cluster: `<id>.db` as etcd made it, and `<id>.json` beside it. */
import { createReadStream } from "node:fs";
import { open, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterSnapshots, Logger, SnapshotContent } from "../../model/ports.ts";
import type { SnapshotFacts, SnapshotInfo } from "../../model/snapshot.ts";
import {
  codeOf,
  FILE_MODE,
  makeDirectories,
  syncDirectory,
  unlinkIfThere,
} from "../../support/files/durable-file.ts";
import { CONTENT, INFO, namesIn, removeHalfWritten, temporaryName } from "./half-written.ts";
import type { PlaceMark } from "./place-mark.ts";
import { failed, invalid, onDisk } from "./snapshot-errors.ts";
import { type HashedSnapshot, SnapshotHash } from "./snapshot-hash.ts";
import { byAge, infoText, isSnapshotId, parseInfo, snapshotId } from "./snapshot-info.ts";

/** Twice the largest database that a spec allows. */
const SNAPSHOT_BYTES_MAX = 16 * 1024 ** 3;

export class SnapshotDirectory implements ClusterSnapshots {
  /** Ids of snapshots that are being written. */
  private readonly inWork = new Set<string>();
  /** Last complaint by file, so that each is logged once. */
  private readonly told = new Map<string, string>();
  /** When the content was last changed that was found damaged, by id. */
  private readonly damaged = new Map<string, number>();

  /** @param mark null: the directory lies in the state directory and is there if that is */
  constructor(
    readonly path: string,
    private readonly mark: PlaceMark | null,
    private readonly log: Logger,
  ) {}

  async list(): Promise<readonly SnapshotInfo[]> {
    return onDisk("ListSnapshots", this.path, async () => {
      const names = await namesIn(this.path);
      if (names === null) {
        await this.mark?.refuseIfSet("ListSnapshots");
        return [];
      }
      const infos: SnapshotInfo[] = [];
      for (const name of names) {
        const id = name.endsWith(INFO) ? name.slice(0, -INFO.length) : "";
        if (!isSnapshotId(id)) continue;
        const info = await this.readWhole(id);
        if (info !== null) infos.push(info);
      }
      return infos.sort(byAge);
    });
  }

  async save(
    takenAt: number,
    facts: SnapshotFacts,
    content: SnapshotContent,
  ): Promise<SnapshotInfo> {
    const operation = "SaveSnapshot";
    const id = snapshotId(takenAt, facts.revision);
    await onDisk(operation, this.path, () => this.makeReady(operation));
    const temporary = join(this.path, temporaryName(id + CONTENT));
    this.inWork.add(id);
    try {
      const hashed = await this.write(operation, temporary, content);
      if (hashed.problem !== null)
        throw invalid(operation, `what the node sent: ${hashed.problem}.`);
      const { sizeBytes, sha256 } = hashed;
      if (sha256 !== facts.sha256) {
        throw invalid(operation, "what arrived is not what the node sent: its SHA-256 is another.");
      }
      const { revision, keys, clusterId } = facts;
      const moment = new Date(takenAt).toISOString();
      const info = { id, takenAt: moment, revision, keys, sizeBytes, sha256, clusterId };
      await onDisk(operation, this.path, () => this.putInPlace(temporary, info));
      return info;
    } catch (error) {
      await this.dropTemporary(temporary);
      throw error;
    } finally {
      this.inWork.delete(id);
    }
  }

  async openVerified(snapshot: SnapshotInfo): Promise<SnapshotContent> {
    const operation = `OpenSnapshot ${snapshot.id}`;
    const path = join(this.path, snapshot.id + CONTENT);
    const hash = new SnapshotHash();
    for await (const chunk of read(operation, path)) hash.update(chunk);
    const { sha256, problem } = hash.finish();
    const wrong = problem ?? (sha256 === snapshot.sha256 ? null : "it is not what was stored");
    if (wrong === null) return read(operation, path);
    this.damaged.set(snapshot.id, (await onDisk(operation, path, () => stat(path))).mtimeMs);
    throw invalid(operation, `${path} is damaged: ${wrong}. Restore another snapshot.`);
  }

  async remove(snapshots: readonly SnapshotInfo[]): Promise<void> {
    for (const { id } of snapshots) {
      const content = join(this.path, id + CONTENT);
      await onDisk(`DeleteSnapshot ${id}`, content, async () => {
        // Half removed it bears a temporary name, as half written: the next save finds it.
        const temporary = join(this.path, temporaryName(id + INFO));
        await renameIfThere(join(this.path, id + INFO), temporary);
        await unlinkIfThere(content);
        await unlinkIfThere(temporary);
      });
    }
    await onDisk("DeleteSnapshots", this.path, async () => {
      if ((await namesIn(this.path)) !== null) await syncDirectory(this.path);
    });
  }

  /** Null: it is not whole, and the log says so. */
  private async readWhole(id: string): Promise<SnapshotInfo | null> {
    const path = join(this.path, id + INFO);
    const text = await readText(path);
    // Removed since the directory was read.
    if (text === null) return null;
    const info = parseInfo(text, id);
    const problem = info === null ? "damaged, or of a later release" : await this.problemOf(info);
    if (problem === null) {
      this.told.delete(id);
      return info;
    }
    if (this.told.get(id) !== problem) {
      this.log.warn({ path, problem }, "snapshot not listed: its files are not whole");
      this.told.set(id, problem);
    }
    return null;
  }

  private async problemOf({ id, sizeBytes }: SnapshotInfo): Promise<string | null> {
    try {
      const { size, mtimeMs } = await stat(join(this.path, id + CONTENT));
      if (size !== sizeBytes) return `${id}${CONTENT} has ${size} bytes instead of ${sizeBytes}`;
      return this.damaged.get(id) === mtimeMs ? `${id}${CONTENT} is damaged` : null;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return `${id}${CONTENT} is missing`;
      throw error;
    }
  }

  /** What failed before is what is told; the next save removes what cannot be removed now. */
  private async dropTemporary(path: string): Promise<void> {
    try {
      await unlinkIfThere(path);
    } catch (error) {
      this.log.warn({ path, err: error }, "half-written snapshot left behind");
    }
  }

  private async makeReady(operation: string): Promise<void> {
    if ((await namesIn(this.path)) === null) {
      await this.mark?.refuseIfSet(operation);
      await makeDirectories(this.path);
    }
    await this.mark?.set();
    await removeHalfWritten(this.path, this.inWork);
  }

  private async write(
    operation: string,
    path: string,
    content: SnapshotContent,
  ): Promise<HashedSnapshot> {
    const hash = new SnapshotHash();
    const file = await onDisk(operation, path, () => open(path, "wx", FILE_MODE));
    try {
      for await (const chunk of content) {
        hash.update(chunk);
        if (hash.sizeBytes > SNAPSHOT_BYTES_MAX) {
          throw failed(operation, `the node sends more than ${SNAPSHOT_BYTES_MAX} bytes.`);
        }
        await onDisk(operation, path, () => file.writeFile(chunk));
      }
      await onDisk(operation, path, () => file.sync());
    } finally {
      await onDisk(operation, path, () => file.close());
    }
    return hash.finish();
  }

  /** The content first: whatever is listed has one. */
  private async putInPlace(temporary: string, info: SnapshotInfo): Promise<void> {
    const path = join(this.path, info.id + INFO);
    const beside = join(this.path, temporaryName(info.id + INFO));
    const file = await open(beside, "wx", FILE_MODE);
    try {
      await file.writeFile(infoText(info));
      await file.sync();
      await rename(temporary, join(this.path, info.id + CONTENT));
      await syncDirectory(this.path);
      await rename(beside, path);
      await syncDirectory(this.path);
    } finally {
      await file.close();
      await unlinkIfThere(beside);
    }
  }
}

async function* read(operation: string, path: string): SnapshotContent {
  const stream = createReadStream(path);
  const chunks = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await onDisk(operation, path, () => chunks.next());
      if (next.done) return;
      yield next.value as Buffer;
    }
  } finally {
    stream.destroy();
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}
