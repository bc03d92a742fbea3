/**
 * A copy of etcd's data outside the nodes: what `etcdctl snapshot save` makes, and what is known of
 * it.
 */

export interface SnapshotInfo {
  /**
   * Also the name of its files: when it was taken, to the millisecond, and its revision, e.g.
   * `20261125T023000123Z-r42`. Ids sort by time.
   */
  readonly id: string;
  /** RFC 3339. */
  readonly takenAt: string;
  /** etcd's key-value revision: what was written later is not in it. */
  readonly revision: number;
  readonly keys: number;
  readonly sizeBytes: number;
  /** Lower-case hex, of the whole file. */
  readonly sha256: string;
  /** Of the cluster that it was taken from. Hex. */
  readonly clusterId: string;
}

/** What a node tells of the snapshot that it hands over. */
export type SnapshotFacts = Pick<SnapshotInfo, "revision" | "keys" | "sha256" | "clusterId">;

/** What names a snapshot that was handed to a node. */
export type SnapshotRef = Pick<SnapshotInfo, "sha256" | "revision">;

/** What a person asks for: this snapshot, or a new and empty cluster. */
export type RestoreRequest =
  | { readonly from: "snapshot"; readonly snapshot: SnapshotInfo }
  | { readonly from: "nothing" };
