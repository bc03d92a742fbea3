/** Snapshots on an interval, kept by count. When the next is due follows from those that are there. */
import { lastKnown } from "../../model/observed.ts";
import type { Draft } from "../plan-builder.ts";
import type { PlanInput } from "../input.ts";
import { startJob } from "../jobs.ts";
import { dueSnapshotAt } from "./snapshots.ts";
import type { ClusterView, NodeView } from "../view/cluster-view.ts";

export function takeSnapshots(view: ClusterView, input: PlanInput, draft: Draft): void {
  if (input.observed.snapshots.freshness !== "fresh") return;
  dropOld(view, input, draft);
  const dueAt = dueSnapshotAt(view, input);
  const source = bestSource(view);
  if (dueAt === null || source === null) return;
  if (dueAt > draft.now) return draft.requeue(dueAt);
  const { slot, ip } = source;
  startJob({ type: "SaveSnapshot", slot, ip }, input, draft);
}

function dropOld(view: ClusterView, input: PlanInput, draft: Draft): void {
  const kept = lastKnown(input.observed.snapshots) ?? [];
  const old = kept.slice(0, Math.max(0, kept.length - view.spec.etcd.snapshots.keep));
  const { reseed, requested } = draft.recovery;
  const needed = [reseed, requested].flatMap((r) => (r?.from === "snapshot" ? r.snapshot.id : []));
  const snapshots = old.filter((s) => !needed.includes(s.id));
  if (snapshots.length > 0) draft.act({ type: "DeleteSnapshots", snapshots });
}

/** A follower, so that the leader is not held up; a voter, for a learner may lag behind. */
function bestSource(view: ClusterView): NodeView | null {
  if (view.etcd.members === null) return null;
  const voters = view.nodes.filter(
    ({ agent, member }) => agent?.etcd?.leaderId != null && member?.isLearner === false,
  );
  return voters.find((n) => !n.leads) ?? voters[0] ?? null;
}
