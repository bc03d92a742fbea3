/**
 * The snapshot that was handed over for a `restore`, in a directory of its own on the data volume.
 * Its name says what it is, so that a new agent knows it without reading it again.
 */
import { createHash } from "node:crypto";
import { chown, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { SnapshotRef } from "../../../controller/model/snapshot.ts";
import { type FileOwner, syncDirectory } from "../system/atomic-file.ts";
import { SnapshotInvalidError, verifySnapshot } from "./snapshot-file.ts";

const FILE_NAME = /^r(\d+)-([0-9a-f]{64})\.db$/;

export class SnapshotStage {
  private owner: FileOwner | null = null;

  constructor(
    private readonly directory: string,
    private readonly onChange: (snapshot: SnapshotRef | null) => void,
  ) {}

  /**
   * Finds what an earlier container was given; the newest, if it was interrupted in between.
   *
   * @param owner who restores from it
   */
  async load(owner: FileOwner): Promise<void> {
    this.owner = owner;
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await chown(this.directory, owner.uid, owner.gid);
    const found: { ref: SnapshotRef; at: number }[] = [];
    for (const name of await readdir(this.directory)) {
      const [, revision, sha256] = FILE_NAME.exec(name) ?? [];
      if (revision === undefined || sha256 === undefined) continue;
      const { mtimeMs } = await stat(`${this.directory}/${name}`);
      found.push({ ref: { revision: Number(revision), sha256 }, at: mtimeMs });
    }
    found.sort((a, b) => b.at - a.at);
    const ref = found[0]?.ref ?? null;
    await this.removeAllBut(ref);
    this.onChange(ref);
  }

  pathOf({ revision, sha256 }: SnapshotRef): string {
    return `${this.directory}/r${revision}-${sha256}.db`;
  }

  /**
   * Takes the place of the one before, when it is whole.
   *
   * @param sha256 what the sender says; lower-case hex
   * @throws SnapshotInvalidError; the file system's errors; the signal's reason
   */
  async receive(body: Readable, sha256: string, signal: AbortSignal): Promise<void> {
    const { owner } = this;
    if (owner === null) throw new Error("the node is being started");
    const incoming = `${this.directory}/incoming`;
    try {
      await this.write(body, incoming, sha256, signal);
      const { revision } = await verifySnapshot(incoming);
      const ref = { revision, sha256 };
      await chown(incoming, owner.uid, owner.gid);
      await rename(incoming, this.pathOf(ref));
      await syncDirectory(this.directory);
      this.onChange(ref);
      await this.removeAllBut(ref);
    } finally {
      await rm(incoming, { force: true });
    }
  }

  /** It has served. */
  async clear(): Promise<void> {
    await this.removeAllBut(null);
    this.onChange(null);
  }

  private async write(
    body: Readable,
    path: string,
    sha256: string,
    signal: AbortSignal,
  ): Promise<void> {
    const hash = createHash("sha256");
    const giveUp = () => body.destroy(signal.reason);
    // The loop throws what comes while it runs, and nobody else may stumble over the rest.
    body.on("error", () => undefined);
    signal.addEventListener("abort", giveUp);
    const file = await open(path, "w", 0o600);
    try {
      // Not destroyed with the loop: who sends can still be told why.
      for await (const chunk of body.iterator({ destroyOnReturn: false })) {
        hash.update(chunk as Buffer);
        await file.writeFile(chunk as Buffer);
      }
      await file.sync();
    } finally {
      signal.removeEventListener("abort", giveUp);
      await file.close();
    }
    const found = hash.digest("hex");
    if (found !== sha256) throw new SnapshotInvalidError(`the body's SHA-256 is ${found}`);
  }

  private async removeAllBut(ref: SnapshotRef | null): Promise<void> {
    for (const name of await readdir(this.directory)) {
      const path = `${this.directory}/${name}`;
      if (ref === null || path !== this.pathOf(ref)) await rm(path, { recursive: true });
    }
  }
}
