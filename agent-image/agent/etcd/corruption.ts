/** Words with which etcd 3.5 gives up on its own data, and which no restart will mend. */
const CORRUPT =
  /crc mismatch|wal: |failed to (?:open|read|repair) WAL|snapshot file doesn't exist|failed to recover v3 backend|failed to find database snapshot|tocommit\(\d+\) is out of range|invalid database|file size too small|page \d+ already freed|checksum error/i;

/** @param message of a fatal log line or a panic */
export function isCorruption(message: string): boolean {
  return CORRUPT.test(message);
}
