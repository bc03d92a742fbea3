/** What the snapshots that are there say of the next one. */
import { lastKnown } from "../../model/observed.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";
import type { PlanInput } from "../input.ts";
import { epochMs } from "../timestamp.ts";
import type { ClusterView } from "../view/cluster-view.ts";

/** The newest of the present cluster: those of one that was given up protect nothing any more. */
export function newestSnapshot(view: ClusterView, { observed }: PlanInput): SnapshotInfo | null {
  const all = lastKnown(observed.snapshots) ?? [];
  return all.findLast((s) => s.clusterId === view.lineage) ?? null;
}

/** Of this cluster, as it is or was: one of an earlier cluster with this name is another's. */
export function restorableSnapshots(
  view: ClusterView,
  { observed, memory }: PlanInput,
): readonly SnapshotInfo[] {
  const ids = [view.lineage, ...memory.recovery.abandoned];
  return (lastKnown(observed.snapshots) ?? []).filter((s) => ids.includes(s.clusterId));
}

/** Milliseconds since the epoch; null: none is wanted, or there is nothing to save yet. */
export function dueSnapshotAt(view: ClusterView, input: PlanInput): number | null {
  const { intervalSeconds } = view.spec.etcd.snapshots;
  if (intervalSeconds === 0 || view.lineage === null) return null;
  const newest = newestSnapshot(view, input);
  return newest === null ? 0 : epochMs(newest.takenAt) + intervalSeconds * 1000;
}
