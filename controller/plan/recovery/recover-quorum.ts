/**
 * A quorum that is lost for good (docs/ARCHITECTURE.md): after the grace that the spec sets, the
 * best survivor goes on alone; without one the newest snapshot is restored; without that a person
 * decides. What is decided is durable before anything is told, so that there is one cluster.
 */
import type { QuorateContext } from "../guards.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import { restorableSnapshots } from "../snapshots/snapshots.ts";
import type { PlanContext } from "../step.ts";
import { orphanedTasks } from "../tasks/stop-tasks.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import {
  bestSurvivor,
  describeLoss,
  evaluateLoss,
  hasReadItsLog,
  type QuorumLoss,
  SHOWN_MS_MAX,
} from "./quorum-loss.ts";
import {
  beginQuorumRecovery,
  endRecoveryOperation,
  finishQuorumRecovery,
} from "./quorum-recovery.ts";
import {
  hasBegun,
  hasSurvivorData,
  type SnapshotRecovery,
  type SurvivorRecovery,
  wasTold,
} from "./recovery-slot.ts";

/** The last revision seen is stored no more often than this; it moves with every write. */
const LAST_SEEN_MS = 30_000;

/** With a quorum everything is as it should be, or will be: what was thought lost is not. */
export function confirmQuorum(context: QuorateContext, plan: PlanBuilder): void {
  const { inProgress, lostSince, lastSeen } = plan.memory.recovery;
  if (inProgress !== null) return finishQuorumRecovery(context, inProgress, plan);
  if (lostSince !== null) plan.updateRecovery({ lostSince: null });
  const { revision } = context.view.etcd.leader.health;
  const due = plan.now - (lastSeen?.at ?? 0) >= LAST_SEEN_MS;
  if (!due || lastSeen?.revision === revision) return;
  plan.updateRecovery({ lastSeen: { revision, at: plan.now } });
}

export function recoverQuorum(context: PlanContext, plan: PlanBuilder): void {
  const { inProgress } = plan.memory.recovery;
  if (inProgress === null) considerLoss(context, plan);
  else if (inProgress.from === "survivor") reconsiderSurvivor(context, inProgress, plan);
  else if (inProgress.from === "snapshot") reconsiderSnapshot(context, inProgress, plan);
}

function considerLoss(context: PlanContext, plan: PlanBuilder): void {
  const { view } = context;
  const { recovery } = plan.memory;
  const loss = evaluateLoss(view, recovery, plan.now);
  if (!loss.certain) return waitForLeader(loss, plan);
  const since = recovery.lostSince ?? plan.now;
  if (recovery.lostSince === null) {
    plan.updateRecovery({ lostSince: since });
    plan.addEvent("Warning", "QuorumLost", describeLoss(loss));
  }
  const { mode, graceSeconds } = view.spec.etcd.recovery;
  if (mode === "Manual") return;
  const dueAt = since + graceSeconds * 1000;
  if (plan.now < dueAt) plan.requeue(dueAt);
  else beginAnew(context, loss, plan);
}

/** Whether the loss is one shows when no leader does. */
function waitForLeader({ dubious }: QuorumLoss, plan: PlanBuilder): void {
  const { lostSince } = plan.memory.recovery;
  const since = dubious ? (lostSince ?? plan.now) : null;
  if (since !== lostSince) plan.updateRecovery({ lostSince: since });
  if (since !== null) plan.requeue(since + SHOWN_MS_MAX);
}

function beginAnew(context: PlanContext, loss: QuorumLoss, plan: PlanBuilder): void {
  const { view, observed } = context;
  // Another survivor that is still out of sight may know more.
  if (loss.unseen.length > 0) return;
  if (!loss.survivors.every(hasReadItsLog)) return;
  const survivor = bestSurvivor(loss.survivors);
  if (survivor !== null) return beginQuorumRecovery({ from: "survivor" }, survivor, view, plan);
  const free = freeNode(view);
  const snapshot = restorableSnapshots(context, plan.memory.recovery, plan.now).at(-1);
  if (free === null || snapshot === undefined || observed.snapshots.freshness !== "fresh") return;
  beginQuorumRecovery({ from: "snapshot", snapshot }, free, view, plan);
}

/** One whose data is of no use to anybody: nor is a learner's, which cannot go on alone. */
function freeNode(view: ClusterView): NodeView | null {
  const isFree = ({ dataOwnership: ownership, memory }: NodeView) =>
    ownership === "empty" || ownership === "stale" || (ownership === "own" && memory.isLearner);
  return view.nodes.find((n) => n.desired && isFree(n)) ?? null;
}

/**
 * A survivor that was to go on has lost its data too before a quorum could confirm it, or its log
 * says that it had been removed, and its etcd ends. Then the others' data is the best there is
 * again: the next reconcile evaluates them anew.
 */
function reconsiderSurvivor(
  { view }: PlanContext,
  recovery: SurvivorRecovery,
  plan: PlanBuilder,
): void {
  const agent = view.nodes.find((n) => n.slot === recovery.slot)?.agent ?? null;
  if (agent === null) return;
  const told = wasTold(agent, plan.memory.recovery);
  const removed = told && agent.units.etcd.state === "exited";
  if (agent.etcd !== null || (hasSurvivorData(agent, recovery) && !removed)) return;
  plan.updateRecovery({ inProgress: null });
  for (const { slot, memberId } of recovery.previousVoters) {
    plan.patchSlot(slot, { memberId: removed && slot === recovery.slot ? null : memberId });
  }
  const why = removed ? "had been removed from the members before" : "has lost its data as well";
  recoveryFailed(`slot ${recovery.slot} ${why}`, plan);
}

/**
 * The snapshot was found to be damaged, or was taken away, before the slot had begun with it: what
 * is left is evaluated anew.
 */
function reconsiderSnapshot(
  { view, observed: { snapshots } }: PlanContext,
  recovery: SnapshotRecovery,
  plan: PlanBuilder,
): void {
  if (snapshots.freshness !== "fresh") return;
  if (snapshots.value.some((s) => s.id === recovery.snapshot.id)) return;
  const agent = view.nodes.find((n) => n.slot === recovery.slot)?.agent ?? null;
  // Once it was told, its etcd may serve at any moment.
  if (agent === null || hasBegun(agent, recovery) || wasTold(agent, plan.memory.recovery)) return;
  plan.updateRecovery({ inProgress: null });
  recoveryFailed(`snapshot ${recovery.snapshot.id} is not usable any more`, plan);
}

function recoveryFailed(message: string, plan: PlanBuilder): void {
  endRecoveryOperation({ state: "Failed", message }, plan);
  plan.addEvent("Warning", "RecoveryFailed", message);
}

/**
 * A person wants another state of etcd, maybe of one that never got formed. Whatever runs on the
 * present one ends first, that which may run on out of sight included: two clusters at a time would
 * be two truths.
 */
export function restore({ view }: PlanContext, plan: PlanBuilder): void {
  const { recovery, slots } = plan.memory;
  const running = slots.filter((s) => s.task !== null);
  for (const { slot } of running) plan.killTask(slot, "etcd is restored, as it was asked for");
  const node = view.nodes.find((n) => n.desired);
  const unseen = orphanedTasks(view);
  // Whether the host of one came back as another Mesos agent shows by its offers.
  if (unseen.length > 0) plan.wantsOffers = true;
  if (running.length > 0 || unseen.length > 0 || node === undefined) return;
  if (recovery.requested !== null) beginQuorumRecovery(recovery.requested, node, view, plan);
}
