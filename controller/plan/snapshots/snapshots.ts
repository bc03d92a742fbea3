/**
 * Snapshots on an interval, kept by count and size. When the next is due follows from those that are there.
 */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { RecoveryMemory } from "../../model/recovery-memory.ts";
import { lastKnown, type Observed } from "../../model/observed.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";
import type { QuorateContext, SnapshotsContext } from "../guards.ts";
import { BY_SCHEDULE } from "../operations/ledger.ts";
import { startOperation } from "../operations/start-operation.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import { epochMs } from "../timestamp.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";

const MIB = 2 ** 20;

export function deleteOldSnapshots({ view, observed }: SnapshotsContext, plan: PlanBuilder): void {
  const all = inSuccession(observed.snapshots.value, view, plan.now);
  const old = all.slice(0, all.length - kept(all, view.spec.etcd.snapshots));
  const { inProgress, requested } = plan.memory.recovery;
  const needed = [inProgress, requested].flatMap((r) =>
    r?.from === "snapshot" ? r.snapshot.id : [],
  );
  const snapshots = old.filter((s) => !needed.includes(s.id));
  if (snapshots.length > 0) plan.addAction({ type: "DeleteSnapshots", snapshots });
}

/** How many of the newest stay. */
function kept(
  all: readonly SnapshotInfo[],
  { keep, maxMiB }: ClusterSpec["etcd"]["snapshots"],
): number {
  let bytes = 0;
  const over = all.toReversed().findIndex((snapshot, index) => {
    bytes += snapshot.sizeBytes;
    return index > 0 && (index >= keep || bytes > maxMiB * MIB);
  });
  return over < 0 ? all.length : over;
}

export function saveSnapshot({ view, observed }: QuorateContext, plan: PlanBuilder): void {
  const dueAt = dueSnapshotAt(view, observed, plan.now);
  const source = bestSource(view.nodes);
  if (dueAt === null || source === null) return;
  if (dueAt > plan.now) return plan.requeue(dueAt);
  const { slot, ip } = source;
  startOperation({ type: "SaveSnapshot", slot, ip }, BY_SCHEDULE, observed, plan);
}

/** Milliseconds since the epoch; null: none is asked for, or there is nothing to save yet. */
function dueSnapshotAt(view: ClusterView, observed: Observed, now: number): number | null {
  const { intervalSeconds } = view.spec.etcd.snapshots;
  if (intervalSeconds === 0 || view.clusterId === null) return null;
  const newest = newestSnapshot(view, observed, now);
  if (newest === null || isOfTheFuture(newest, now)) return 0;
  return epochMs(newest.takenAt) + intervalSeconds * 1000;
}

/** A follower, so that the leader is not held up; a voter, for a learner may lag behind. */
function bestSource(nodes: readonly NodeView[]): NodeView | null {
  const voters = nodes.filter(
    ({ agent, member }) => agent?.etcd?.leaderId != null && member?.isLearner === false,
  );
  return voters.find((n) => !n.leads) ?? voters[0] ?? null;
}

/** The newest of the present cluster: those of one that was given up protect nothing any more. */
export function newestSnapshot(
  view: Pick<ClusterView, "clusterId">,
  { snapshots }: Observed,
  now: number,
): SnapshotInfo | null {
  const all = inSuccession(lastKnown(snapshots) ?? [], view, now);
  return all.findLast((s) => s.clusterId === view.clusterId) ?? null;
}

/** Of this cluster, as it is or was: one of an earlier cluster with this name is another's. */
export function restorableSnapshots(
  { view, observed }: PlanContext,
  { abandoned }: RecoveryMemory,
  now: number,
): readonly SnapshotInfo[] {
  const ids = [view.clusterId, ...abandoned];
  const all = inSuccession(lastKnown(observed.snapshots) ?? [], view, now);
  return all.filter((s) => ids.includes(s.clusterId));
}

/**
 * The newest last. Where one seems to come from the future, the clock was set back and times say nothing of
 * what came after what: then the present cluster's are the newest, and of them the one with most revisions.
 */
function inSuccession(
  all: readonly SnapshotInfo[],
  { clusterId }: Pick<ClusterView, "clusterId">,
  now: number,
): readonly SnapshotInfo[] {
  if (!all.some((s) => isOfTheFuture(s, now))) return all;
  const present = all.filter((s) => s.clusterId === clusterId);
  const since = (s: SnapshotInfo) => Number(!isOfTheFuture(s, now));
  const sorted = present.toSorted((a, b) => a.revision - b.revision || since(a) - since(b));
  return [...all.filter((s) => s.clusterId !== clusterId), ...sorted];
}

/** Taken before the clock was set back; nobody knows how long ago. */
function isOfTheFuture({ takenAt }: SnapshotInfo, now: number): boolean {
  return epochMs(takenAt) > now;
}
