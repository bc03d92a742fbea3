/**
 * Tells whether an etcd snapshot is whole. It is the bbolt database, whose size is a multiple of
 * the sector, and after it the database's SHA-256; `etcdutl snapshot restore` checks the same.
 */
import { createHash } from "node:crypto";

const HASH_BYTES = 32;
const SECTOR_BYTES = 512;

export interface HashedSnapshot {
  readonly sizeBytes: number;
  /** Lower-case hex, of the whole file. */
  readonly sha256: string;
  /** Why it is no whole snapshot; null: it is one. */
  readonly problem: string | null;
}

/** Takes a snapshot piece by piece, as it comes. */
export class SnapshotHash {
  private readonly whole = createHash("sha256");
  private readonly database = createHash("sha256");
  /** The last bytes so far: they may be the hash. */
  private tail = Buffer.alloc(0);
  private bytes = 0;

  get sizeBytes(): number {
    return this.bytes;
  }

  update(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.whole.update(chunk);
    if (chunk.length >= HASH_BYTES) {
      this.database.update(this.tail);
      this.database.update(chunk.subarray(0, -HASH_BYTES));
      this.tail = Buffer.from(chunk.subarray(-HASH_BYTES));
      return;
    }
    const last = Buffer.concat([this.tail, chunk]);
    const known = Math.max(0, last.length - HASH_BYTES);
    this.database.update(last.subarray(0, known));
    this.tail = last.subarray(known);
  }

  /** Nothing can be taken after it. */
  finish(): HashedSnapshot {
    const { bytes, tail } = this;
    const own = this.database.digest();
    const sha256 = this.whole.digest("hex");
    return { sizeBytes: bytes, sha256, problem: problemOf(bytes, own.equals(tail)) };
  }
}

function problemOf(bytes: number, sameHash: boolean): string | null {
  if (bytes <= HASH_BYTES || bytes % SECTOR_BYTES !== HASH_BYTES) {
    return `it has ${bytes} bytes, which no etcd snapshot has`;
  }
  return sameHash ? null : "its content does not fit the checksum that etcd wrote into it";
}
