/**
 * Words with which etcd 3.5 gives up on its own data, and which no restart will mend. Seen on real
 * runs: bytes flipped, zeroed and cut off in the database and in the write-ahead log.
 */
const CORRUPT = [
  // The write-ahead log, and the raft log that it holds.
  /crc mismatch|\bwal: |failed to (?:open|read|repair) WAL|tocommit\(\d+\) is out of range/i,
  /cannot use none as id/,
  // The database is not where the raft snapshot says, or no database.
  /snapshot file doesn't exist|failed to recover v3 backend|failed to find database snapshot/,
  /invalid database|file size too small|checksum error/,
  // Its pages; a page behind the end of the file is a fault of the memory that it is mapped to.
  /assertion failed: page|page \d+ already freed|failed to get all reachable pages/i,
  /unexpected fault address/,
];

/** The disk or the system fails etcd, and the data may be good. */
const ENVIRONMENT =
  /no space left on device|disk quota exceeded|permission denied|input\/output error|cannot allocate memory|too many open files/;

/** @param message of a fatal log line or a panic */
export function isCorruption(message: string): boolean {
  return !ENVIRONMENT.test(message) && CORRUPT.some((words) => words.test(message));
}
