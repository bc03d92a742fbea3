/** What a snapshot file holds, and whether it is whole. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { messageOf } from "../../../controller/model/errors.ts";
import { Checker } from "../system/checker.ts";
import { runCommand } from "../system/run-command.ts";

/** etcd appends the SHA-256 of the database to it. */
const DIGEST_BYTES = 32;
const CHUNK_BYTES = 256 * 1024;
const CHECK_MS_MAX = 2 * 60_000;

export interface SnapshotFacts {
  readonly revision: number;
  readonly keys: number;
  readonly sizeBytes: number;
  /** Lower-case hex, of the whole file. */
  readonly sha256: string;
}

/** The file is no snapshot, or not a whole one. */
export class SnapshotInvalidError extends Error {
  override readonly name = "SnapshotInvalidError";
}

/**
 * Reads all of it twice: for etcd's own sum at its end, and for the structure of the database.
 *
 * @throws SnapshotInvalidError; the file system's errors
 */
export async function verifySnapshot(path: string): Promise<SnapshotFacts> {
  const { sizeBytes, sha256 } = await verifyDigest(path);
  try {
    const args = ["snapshot", "status", path, "--write-out=json"];
    const answer = await runCommand("/usr/bin/etcdutl", args, { timeoutMs: CHECK_MS_MAX });
    const root = new Checker(JSON.parse(answer), "status");
    const revision = root.integer("revision", 0, Number.MAX_SAFE_INTEGER);
    const keys = root.integer("totalKey", 0, Number.MAX_SAFE_INTEGER);
    return { revision, keys, sizeBytes, sha256 };
  } catch (error) {
    throw new SnapshotInvalidError(messageOf(error), { cause: error });
  }
}

async function verifyDigest(path: string): Promise<{ sizeBytes: number; sha256: string }> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size <= DIGEST_BYTES) throw new SnapshotInvalidError(`${size} bytes are no snapshot`);
    const [whole, database] = [createHash("sha256"), createHash("sha256")];
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    const bodyBytes = size - DIGEST_BYTES;
    for (let at = 0; at < bodyBytes; ) {
      const want = Math.min(CHUNK_BYTES, bodyBytes - at);
      const { bytesRead } = await file.read(buffer, 0, want, at);
      if (bytesRead === 0) throw new SnapshotInvalidError("the file became shorter");
      const bytes = buffer.subarray(0, bytesRead);
      whole.update(bytes);
      database.update(bytes);
      at += bytesRead;
    }
    const trailer = Buffer.alloc(DIGEST_BYTES);
    await file.read(trailer, 0, DIGEST_BYTES, bodyBytes);
    if (!database.digest().equals(trailer)) {
      throw new SnapshotInvalidError("the sum at the file's end is not that of the database");
    }
    return { sizeBytes: size, sha256: whole.update(trailer).digest("hex") };
  } finally {
    await file.close();
  }
}
