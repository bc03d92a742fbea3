/** Snapshots and recoveries told for a person. */
import { ageOf, shortSize } from "./units.ts";
import { renderTable } from "./table.ts";
import type { RecoveryRecord } from "../../model/resource.ts";
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
