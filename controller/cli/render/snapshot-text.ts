/** Snapshots and recoveries told for a person. */
import { ageOf, shortSize } from "./units.ts";
import { renderTable } from "./table.ts";
import type { RecoveryRecord } from "../../model/resource.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";

/** As they come. */
export function snapshotTable(snapshots: readonly SnapshotInfo[], now: number): string {
  const rows = snapshots.map(({ id, takenAt, revision, keys, sizeBytes }) => [
    id,
    ageOf(takenAt, now),
    String(revision),
    String(keys),
    shortSize(sizeBytes),
  ]);
  return renderTable(["ID", "AGE", "REVISION", "KEYS", "SIZE"], rows);
}

export function snapshotLine({ id, revision, keys, sizeBytes }: SnapshotInfo): string {
  return `${id} (revision ${revision}, ${keys} keys, ${shortSize(sizeBytes)})`;
}

export function recoveryLine(recovery: RecoveryRecord | null, now: number): string {
  return recovery === null ? "<none>" : `${ageOf(recovery.at, now)} ago: ${recovery.message}`;
}

/**
 * What a restore will do, before it is agreed to.
 *
 * @param snapshot null: etcd begins empty
 */
export function restoreWarning(
  { metadata, status }: JupyterClusterObject,
  snapshot: SnapshotInfo | null,
  now: number,
): string {
  const { name } = metadata;
  const seen = status.etcd.revision;
  const present = seen === null ? "" : ` (it was last seen at revision ${seen})`;
  const lost =
    snapshot === null
      ? `Its etcd begins anew and empty: everything in it is lost${present}.`
      : `Its etcd goes back to revision ${snapshot.revision} of ${snapshot.takenAt} ` +
        `(${ageOf(snapshot.takenAt, now)} ago, ${snapshot.keys} keys): what was written later is ` +
        `lost${present}.`;
  return (
    `Every container of ${name} is stopped and started again; Jupyter's kernels end.\n` +
    `${lost}\n` +
    "Files on the shared storage stay as they are.\n"
  );
}
