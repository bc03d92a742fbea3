/**
 * The snapshot that was handed over for a `restore`, in a directory of its own on the data volume.
 * Its name says what it is, so that a new agent knows it without reading it again.
 */
import { createHash } from "node:crypto";
import type { SnapshotRef } from "../../../controller/model/snapshot.ts";
import type { FileOwner } from "../ports/files.ts";
import type { AgentPorts } from "../ports/ports.ts";
import { SnapshotInvalidError, verifySnapshot } from "./snapshot-file.ts";

export type SnapshotBody = AsyncIterable<Uint8Array>;

const FILE_NAME = /^r(\d+)-([0-9a-f]{64})\.db$/;

export class SnapshotStage {
  private owner: FileOwner | null = null;

  constructor(
    private readonly ports: Pick<AgentPorts, "files" | "processes">,
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
    const { files } = this.ports;
    await files.makeDirectory(this.directory, 0o700);
    await files.chown(this.directory, owner);
    const found: { ref: SnapshotRef; at: number }[] = [];
    for (const name of await files.list(this.directory)) {
      const [, revision, sha256] = FILE_NAME.exec(name) ?? [];
      if (revision === undefined || sha256 === undefined) continue;
      const { modifiedAt } = await files.stat(`${this.directory}/${name}`);
      found.push({ ref: { revision: Number(revision), sha256 }, at: modifiedAt });
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
   * @param body fails when its sender gives up
   * @param sha256 what the sender says; lower-case hex
   * @throws SnapshotInvalidError; the file system's errors; the body's
   */
  async receive(body: SnapshotBody, sha256: string): Promise<void> {
    const { owner } = this;
    if (owner === null) throw new Error("the node is being started");
    const { files } = this.ports;
    const incoming = `${this.directory}/incoming`;
    try {
      await this.write(body, incoming, sha256);
      const { revision } = await verifySnapshot(this.ports, incoming);
      const ref = { revision, sha256 };
      await files.chown(incoming, owner);
      await files.rename(incoming, this.pathOf(ref));
      await files.syncDirectory(this.directory);
      this.onChange(ref);
      await this.removeAllBut(ref);
    } finally {
      await files.remove(incoming);
    }
  }

  /** It has served. */
  async clear(): Promise<void> {
    await this.removeAllBut(null);
    this.onChange(null);
  }

  private async write(body: SnapshotBody, path: string, sha256: string): Promise<void> {
    const hash = createHash("sha256");
    const file = await this.ports.files.open(path, "w");
    try {
      let at = 0;
      for await (const chunk of body) {
        hash.update(chunk);
        await file.write(chunk, at);
        at += chunk.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    const found = hash.digest("hex");
    if (found !== sha256) throw new SnapshotInvalidError(`the body's SHA-256 is ${found}`);
  }

  private async removeAllBut(ref: SnapshotRef | null): Promise<void> {
    const { files } = this.ports;
    for (const name of await files.list(this.directory)) {
      const path = `${this.directory}/${name}`;
      if (ref === null || path !== this.pathOf(ref)) await files.remove(path);
    }
  }
}
