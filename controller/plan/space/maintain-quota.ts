/**
 * etcd's database never shrinks by itself and refuses writes at its quota. Old revisions are
 * compacted (etcd does it each hour; here, when space runs out before), freed pages are given back
 * by a defragmentation, one member at a time and the leader last, and the alarm is taken back when
 * there is room again. The keys themselves are never touched.
 */
import type { Draft } from "../plan-builder.ts";
import type { PlanInput } from "../input.ts";
import { isJobRunning, startJob } from "../jobs.ts";
import { isCrowded, isRoomy, isSparse, type Space, viewSpace } from "./space.ts";
import type { ClusterView } from "../view/cluster-view.ts";

/** A compaction takes watchers' history away: never more often than this. Milliseconds. */
const COMPACT_EVERY_MS = 60_000;

export function keepSpace(view: ClusterView, input: PlanInput, draft: Draft): void {
  const { leader, members } = view.etcd;
  if (leader === null || members === null) return;
  const space = viewSpace(view);
  compact(leader.health.revision, space, draft);
  defragment(view, space, input, draft);
  disarm(view, space, draft);
}

function compact(revision: number, space: Space, draft: Draft): void {
  if (!isCrowded(space) && !space.exhausted) return;
  const dueAt = (draft.compactedAt ?? 0) + COMPACT_EVERY_MS;
  if (draft.now < dueAt) return draft.requeue(dueAt);
  draft.compactedAt = draft.now;
  draft.act({ type: "Compact", revision });
  const message = `history before revision ${revision} is compacted: the database nears its quota`;
  draft.event(space.exhausted ? "Warning" : "Normal", "EtcdCompacted", message);
}

/** While it runs, a member does not answer: only where the others are enough without it. */
function defragment(view: ClusterView, space: Space, input: PlanInput, draft: Draft): void {
  if (isJobRunning("Defragment", input) || draft.membershipChanged) return;
  const sparse = space.members.filter((m) => isSparse(m.health, space));
  const next = sparse.find((m) => !m.leads) ?? sparse[0];
  if (next === undefined) return;
  const { voters, healthyVoters } = view.etcd;
  const leaving = draft.slots.some((s) => s.task !== null && s.task.killRequestedAt !== null);
  if (!space.exhausted && (leaving || healthyVoters < voters)) return;
  startJob({ type: "Defragment", slot: next.slot, ip: next.ip }, input, draft);
}

function disarm(view: ClusterView, space: Space, draft: Draft): void {
  const members = view.etcd.members ?? [];
  const alarms = view.etcd.leader?.health.alarms ?? [];
  for (const { memberId, alarm } of alarms) {
    const gone = !members.some((m) => m.id === memberId);
    // Every member must be in sight: one that is full raises the alarm again at once.
    const cured = isRoomy(space) && space.members.length === members.length;
    if (!gone && (alarm !== "NOSPACE" || !cured)) continue;
    draft.act({ type: "DisarmAlarm", memberId, alarm });
    draft.event("Normal", "AlarmCleared", `etcd's alarm ${alarm} of ${memberId} is taken back`);
  }
}
