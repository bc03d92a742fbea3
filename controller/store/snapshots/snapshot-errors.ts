/** What can go wrong with a snapshot on disk, and what a person can do about it. */
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";
import { codeOf } from "../../support/files/durable-file.ts";

const ELSEWHERE = "or choose another etcd.snapshots.directory";
const FREE_SPACE = `Free some space, keep fewer (etcd.snapshots.keep), ${ELSEWHERE}`;
const NOT_OURS = `the controller's user may not use it. Change its owner, ${ELSEWHERE}.`;

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: `the disk is full. ${FREE_SPACE}.`,
  EDQUOT: `the disk quota is used up. ${FREE_SPACE}.`,
  EROFS: `the file system is read-only. Make it writable, ${ELSEWHERE}.`,
  EACCES: NOT_OURS,
  EPERM: NOT_OURS,
  ENOTDIR: "a part of the path is not a directory. Correct etcd.snapshots.directory.",
  EEXIST: "it is there and is not a directory. Correct etcd.snapshots.directory.",
  EIO: `the disk reports an error. Look at the system's log, ${ELSEWHERE}.`,
  ESTALE: "its server has forgotten it. Mount it again.",
};
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** Errors of the file system say what to do; every other error stays as it is. */
export async function onDisk<T>(
  operation: string,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    const message = `${path}: ${REMEDIES[code] ?? messageOf(error)}`;
    const ours = FULL.has(code) ? ERROR_CODES.DISK_FULL : ERROR_CODES.SNAPSHOT_FAILED;
    throw new OperationError(ours, operation, message, { cause: error });
  }
}

export function invalid(operation: string, message: string): OperationError {
  return new OperationError(ERROR_CODES.SNAPSHOT_INVALID, operation, message);
}

export function failed(operation: string, message: string): OperationError {
  return new OperationError(ERROR_CODES.SNAPSHOT_FAILED, operation, message);
}
