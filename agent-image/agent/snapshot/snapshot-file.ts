/** What a snapshot file holds, and whether it is whole. */
import { createHash } from "node:crypto";
import { messageOf } from "../../../controller/model/errors.ts";
import type { Files } from "../ports/files.ts";
import type { AgentPorts } from "../ports/ports.ts";
import { Checker } from "../../../controller/support/checker.ts";

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
export async function verifySnapshot(
  { files, processes }: Pick<AgentPorts, "files" | "processes">,
  path: string,
): Promise<SnapshotFacts> {
  const { sizeBytes, sha256 } = await verifyDigest(files, path);
  try {
    const args = ["snapshot", "status", path, "--write-out=json"];
    const answer = await processes.run("/usr/bin/etcdutl", args, { timeoutMs: CHECK_MS_MAX });
    const root = new Checker(JSON.parse(answer), "status");
    const revision = root.integer("revision", 0, Number.MAX_SAFE_INTEGER);
    const keys = root.integer("totalKey", 0, Number.MAX_SAFE_INTEGER);
    return { revision, keys, sizeBytes, sha256 };
  } catch (error) {
    throw new SnapshotInvalidError(messageOf(error), { cause: error });
  }
}

async function verifyDigest(
  files: Files,
  path: string,
): Promise<{ sizeBytes: number; sha256: string }> {
  const file = await files.open(path, "r");
  try {
    const size = await file.size();
    if (size <= DIGEST_BYTES) throw new SnapshotInvalidError(`${size} bytes are no snapshot`);
    const [whole, database] = [createHash("sha256"), createHash("sha256")];
    const bodyBytes = size - DIGEST_BYTES;
    for (let at = 0; at < bodyBytes; ) {
      const bytes = await file.read(at, Math.min(CHUNK_BYTES, bodyBytes - at));
      if (bytes.length === 0) throw new SnapshotInvalidError("the file became shorter");
      whole.update(bytes);
      database.update(bytes);
      at += bytes.length;
    }
    const trailer = await file.read(bodyBytes, DIGEST_BYTES);
    if (!database.digest().equals(trailer)) {
      throw new SnapshotInvalidError("the sum at the file's end is not that of the database");
    }
    return { sizeBytes: size, sha256: whole.update(trailer).digest("hex") };
  } finally {
    await file.close();
  }
}
