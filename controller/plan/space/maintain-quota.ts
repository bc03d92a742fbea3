/**
 * etcd's database never shrinks by itself and refuses writes at its quota. Old revisions are
 * compacted (etcd does it each hour; here, when space runs out before), freed pages are given back
 * by a defragmentation, one member at a time and the leader last, and the alarm is taken back when
 * there is room again. The keys themselves are never touched.
 */
import { isJobRunning } from "../jobs.ts";
import { isVoteChanging } from "../membership/vote-change.ts";
import { BY_CONTROLLER } from "../operations/ledger.ts";
import { startOperation } from "../operations/start-operation.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { QuorateContext } from "../guards.ts";
import { canDisarm, needsCompaction, needsDefrag, type Space, viewSpace } from "./space.ts";

/** A compaction takes watchers' history away: never more often than this. Milliseconds. */
const COMPACT_EVERY_MS = 60_000;

export function maintainQuota(context: QuorateContext, plan: PlanBuilder): void {
  const space = viewSpace(context.view);
  compact(context.view.etcd.leader.health.revision, space, plan);
  defragment(context, space, plan);
  disarm(context, space, plan);
}

function compact(revision: number, space: Space, plan: PlanBuilder): void {
  if (!needsCompaction(space) && !space.exhausted) return;
  const dueAt = (plan.memory.compactedAt ?? 0) + COMPACT_EVERY_MS;
  if (plan.now < dueAt) return plan.requeue(dueAt);
  plan.updateMemory({ compactedAt: plan.now });
  plan.addAction({ type: "Compact", revision });
  const message = `history before revision ${revision} is compacted: the database nears its quota`;
  plan.addEvent(space.exhausted ? "Warning" : "Normal", "EtcdCompacted", message);
}

/** While it runs, a member does not answer: only where the others are enough without it. */
function defragment({ view, observed }: QuorateContext, space: Space, plan: PlanBuilder): void {
  if (isJobRunning("Defragment", observed)) return;
  if (plan.changesMembership || isVoteChanging(plan)) return;
  const fragmented = space.members.filter((m) => needsDefrag(m.health, space));
  const next = fragmented.find((m) => !m.leads) ?? fragmented[0];
  if (next === undefined) return;
  const { voters, healthyVoters } = view.etcd;
  const leaving = plan.memory.slots.some((s) => s.task !== null && s.task.killRequestedAt !== null);
  if (!space.exhausted && (leaving || healthyVoters < voters)) return;
  const { slot, ip } = next;
  startOperation({ type: "Defragment", slot, ip }, BY_CONTROLLER, observed, plan);
}

function disarm({ view: { etcd } }: QuorateContext, space: Space, plan: PlanBuilder): void {
  // Every member must be in sight: one that is full raises the alarm again at once.
  const cured = canDisarm(space) && space.members.length === etcd.members.length;
  for (const { memberId, alarm } of etcd.leader.health.alarms) {
    const gone = !etcd.members.some((m) => m.id === memberId);
    if (!gone && (alarm !== "NOSPACE" || !cured)) continue;
    plan.addAction({ type: "DisarmAlarm", memberId, alarm });
    plan.addOrderEvent(
      "Normal",
      "AlarmCleared",
      `etcd's alarm ${alarm} of ${memberId} is taken back`,
    );
  }
}
