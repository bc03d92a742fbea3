/**
 * `--force-new-cluster` of etcd 3.5 throws away what lies in the log behind the last commit index
 * that was written there (server/etcdserver/raft.go, restartAsStandaloneNode). A follower learns of
 * a commit with the leader's next message, after the leader has acknowledged the write: so what is
 * thrown away may be an acknowledged write, and this log may be the last that has it. Whoever
 * forces a member to go on alone takes all of its log, and so commits it first.
 */
import type { Files } from "../../ports/files.ts";
import { crc32c } from "./crc32c.ts";
import type { Processes } from "../../ports/processes.ts";
import { requireKnownFormat } from "./known-format.ts";
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
 * @throws WalCorruptError, WalFormatUnknownError: the log is then as it was; the file system's
 * errors
 */
export async function raiseCommit(
  files: Files,
  processes: Pick<Processes, "run">,
  directory: string,
): Promise<RaisedCommit | null> {
  const reading = await readWal(files, directory);
  if (reading?.hardState == null) return null;
  const { hardState, last, tail } = reading;
  if (hardState.commit >= last.index) return null;
  await requireKnownFormat(processes);
  const data = encodeHardState({ ...hardState, commit: last.index });
  const crc = crc32c(tail.crc, data);
  await append(files, tail.file, tail.offset, encodeFramed(RECORD_TYPE.state, crc, data));
  return { from: hardState.commit, to: last.index };
}

/**
 * What lies behind was never synced: as etcd does, it is zeroed, or it would be read as a record.
 */
async function append(files: Files, path: string, offset: number, record: Buffer): Promise<void> {
  const file = await files.open(path, "r+");
  try {
    const size = await file.size();
    await file.truncate(offset);
    await file.write(record, offset);
    await file.truncate(Math.max(size, offset + record.length));
    await file.sync();
  } finally {
    await file.close();
  }
}
