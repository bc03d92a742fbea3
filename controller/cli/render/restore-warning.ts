/** The sentences before a restore: for the command line and the page alike. Pure. */
import type { JupyterClusterObject } from "../../model/resource.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";
import { ageOf } from "./units.ts";

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
