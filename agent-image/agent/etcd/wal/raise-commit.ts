/**
 * `--force-new-cluster` of etcd 3.5 throws away what lies in the log behind the last commit index
 * that was written there (server/etcdserver/raft.go, restartAsStandaloneNode). A follower learns of
 * a commit with the leader's next message, after the leader has acknowledged the write: so what is
 * thrown away may be an acknowledged write, and this log may be the last that has it. Whoever forces
 * a member to go on alone takes all of its log, and so commits it first.
 */
import { open } from "node:fs/promises";
import { crc32c } from "./crc32c.ts";
import { readWal } from "./read-wal.ts";
import { encodeFramed, encodeHardState, RECORD_TYPE } from "./record.ts";

export interface RaisedCommit {
  readonly from: number;
  readonly to: number;
}

/**
 * Appends one record that says: all of this log is committed. Done again, or after an interrupted
 * try, it does what is left to do. etcd must not run.
 *
 * @param directory `member/wal`
 * @returns null when all was committed already
 * @throws WalCorruptError; the file system's errors
 */
export async function raiseCommit(directory: string): Promise<RaisedCommit | null> {
  const reading = await readWal(directory);
  if (reading?.hardState == null) return null;
  const { hardState, last, tail } = reading;
  if (hardState.commit >= last.index) return null;
  const data = encodeHardState({ ...hardState, commit: last.index });
  const crc = crc32c(tail.crc, data);
  await append(tail.file, tail.offset, encodeFramed(RECORD_TYPE.state, crc, data));
  return { from: hardState.commit, to: last.index };
}

/** What lies behind was never synced: as etcd does, it is zeroed, or it would be read as a record. */
async function append(path: string, offset: number, record: Buffer): Promise<void> {
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    await file.truncate(offset);
    const { bytesWritten } = await file.write(record, 0, record.length, offset);
    if (bytesWritten !== record.length) throw new Error(`${path}: the record was written in part`);
    await file.truncate(Math.max(size, offset + record.length));
    await file.sync();
  } finally {
    await file.close();
  }
}
