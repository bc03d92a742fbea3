/**
 * A quorum that is lost for good (DESIGN.md 6): after the grace that the spec sets, the best
 * survivor goes on alone; without one the newest snapshot is restored; without that a person
 * decides. What is decided is durable before anything is told, so that there is one lineage.
 */
import type { Reseed } from "../../model/memory.ts";
import type { RestoreRequest } from "../../model/snapshot.ts";
import type { Draft } from "../plan-builder.ts";
import type { PlanInput } from "../input.ts";
import {
  bestSurvivor,
  hasReadItsLog,
  judgeLoss,
  type QuorumLoss,
  SHOWN_MS_MAX,
} from "./quorum-loss.ts";
import { beginReseed, finishReseed } from "./quorum-recovery.ts";
import type { ClusterView, NodeView } from "../view/cluster-view.ts";
import { restorableSnapshots } from "../snapshots/snapshots.ts";
import { isSurvivor, seedOrderId } from "./recovery-slot.ts";
import { strangers } from "../tasks/stop-tasks.ts";

/** The last revision seen is stored no more often than this; it moves with every write. */
const LAST_SEEN_MS = 30_000;

export function recoverQuorum(view: ClusterView, input: PlanInput, draft: Draft): void {
  const { reseed, requested } = draft.recovery;
  if (draft.bootstrap?.phase !== "done") {
    // Also a cluster that never got formed, say because data broke before it was.
    if (requested !== null) restore(requested, view, input, draft);
    return;
  }
  const { members } = view.etcd;
  if (members !== null) {
    if (reseed !== null) finishReseed(view, reseed, draft);
    else noteQuorum(view, draft);
  }
  if (requested !== null) return restore(requested, view, input, draft);
  if (members !== null || view.mesos === null || view.empty) return;
  if (reseed === null) considerLoss(view, input, draft);
  else if (reseed.from === "survivor") reconsiderSurvivor(view, reseed, draft);
  else if (reseed.from === "snapshot") reconsiderSnapshot(view, reseed, input, draft);
}

/** Everything is as it should be, or will be: what was thought lost is not. */
function noteQuorum(view: ClusterView, draft: Draft): void {
  const { lostSince, lastSeen } = draft.recovery;
  if (lostSince !== null) draft.recover({ lostSince: null });
  const revision = view.etcd.leader?.health.revision ?? 0;
  const due = draft.now - (lastSeen?.at ?? 0) >= LAST_SEEN_MS;
  if (due && lastSeen?.revision !== revision) {
    draft.recover({ lastSeen: { revision, at: draft.now } });
  }
}

function considerLoss(view: ClusterView, input: PlanInput, draft: Draft): void {
  const loss = judgeLoss(view, draft.recovery, draft.now);
  const { lostSince } = draft.recovery;
  if (!loss.certain) return waitForLeader(loss, draft);
  const since = lostSince ?? draft.now;
  if (lostSince === null) {
    draft.recover({ lostSince: since });
    draft.event("Warning", "QuorumLost", describeLoss(loss));
  }
  const { mode, graceSeconds } = view.spec.etcd.recovery;
  if (mode === "Manual") return;
  const dueAt = since + graceSeconds * 1000;
  if (draft.now < dueAt) draft.requeue(dueAt);
  else beginAnew(view, loss, input, draft);
}

/** Whether the loss is one shows when no leader does. */
function waitForLeader({ dubious }: QuorumLoss, draft: Draft): void {
  const { lostSince } = draft.recovery;
  const since = dubious ? (lostSince ?? draft.now) : null;
  if (since !== lostSince) draft.recover({ lostSince: since });
  if (since !== null) draft.requeue(since + SHOWN_MS_MAX);
}

export function describeLoss({ voters, holders, lost }: QuorumLoss): string {
  return (
    `slots ${lost.join(", ")} have lost their etcd data; ` +
    `${holders.length} of ${voters.length} voters still have theirs, which is no quorum`
  );
}

function beginAnew(view: ClusterView, loss: QuorumLoss, input: PlanInput, draft: Draft): void {
  // Another survivor that is still out of sight may know more.
  if (loss.unseen.length > 0) return;
  if (!loss.survivors.every(hasReadItsLog)) return;
  const survivor = bestSurvivor(loss.survivors);
  if (survivor !== null) {
    beginReseed({ from: "survivor", seed: survivor }, view, input, draft);
    return;
  }
  const seed = freeSlot(view);
  const newest = restorableSnapshots(view, input).at(-1);
  if (seed === null || newest === undefined) return;
  if (input.observed.snapshots.freshness !== "fresh") return;
  beginReseed({ from: "snapshot", seed, snapshot: newest }, view, input, draft);
}

/** One whose data is of no use to anybody: nor is a learner's, which cannot go on alone. */
function freeSlot(view: ClusterView): NodeView | null {
  const free = ({ standing, memory }: NodeView) =>
    standing === "empty" || standing === "stale" || (standing === "own" && memory.isLearner);
  return view.nodes.find((n) => n.wanted && free(n)) ?? null;
}

/**
 * A survivor that was to go on has lost its data too before a quorum could confirm it, or its log
 * says that it had been removed, and its etcd ends. Then the others' data is the best there is
 * again: the next visit judges them anew.
 */
function reconsiderSurvivor(
  view: ClusterView,
  reseed: Reseed & { from: "survivor" },
  draft: Draft,
): void {
  const seed = view.nodes.find((n) => n.slot === reseed.slot);
  if (seed?.agent == null) return;
  const told = seed.agent.orderId === seedOrderId(draft.recovery);
  const removed = told && seed.agent.units.etcd.state === "exited";
  if (seed.agent.etcd !== null || (isSurvivor(seed, reseed) && !removed)) return;
  draft.recover({ reseed: null });
  for (const { slot, memberId } of reseed.former) {
    draft.patchSlot(slot, { memberId: removed && slot === seed.slot ? null : memberId });
  }
  const why = removed ? "had been removed from the members before" : "has lost its data as well";
  draft.event("Warning", "ReseedFailed", `slot ${seed.slot} ${why}`);
}

/**
 * The snapshot was found to be damaged, or was taken away, before the seed had begun with it: what
 * is left is judged anew.
 */
function reconsiderSnapshot(
  view: ClusterView,
  reseed: Reseed & { from: "snapshot" },
  input: PlanInput,
  draft: Draft,
): void {
  const { snapshots } = input.observed;
  if (snapshots.freshness !== "fresh") return;
  if (snapshots.value.some((s) => s.id === reseed.snapshot.id)) return;
  const agent = view.nodes.find((n) => n.slot === reseed.slot)?.agent ?? null;
  const begun = agent?.data.state === "present" && agent.data.clusterId === reseed.clusterId;
  // Once it was told, its etcd may serve at any moment.
  if (agent === null || begun || agent.orderId === seedOrderId(draft.recovery)) return;
  draft.recover({ reseed: null });
  const message = `snapshot ${reseed.snapshot.id} is not usable any more`;
  draft.event("Warning", "ReseedFailed", message);
}

/**
 * A person wants another state. Whatever runs on the present one ends first, that which may run on
 * out of sight included: two clusters at a time would be two truths.
 */
function restore(request: RestoreRequest, view: ClusterView, input: PlanInput, draft: Draft): void {
  if (view.mesos === null) return;
  const running = draft.slots.filter((s) => s.task !== null);
  for (const { slot } of running) draft.kill(slot, "etcd is restored, as it was asked for");
  const seed = view.nodes.find((n) => n.wanted);
  if (running.length > 0 || strangers(view, input).length > 0 || seed === undefined) return;
  beginReseed({ ...request, seed }, view, input, draft);
}
