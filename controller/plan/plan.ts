/**
 * plan(spec, memory, observed, now): what is to be done, why, and what must be remembered first.
 * Pure and level-triggered: it is asked again after every event and derives everything anew.
 *
 * The tables below read as the specification: each step in its turn, under its guard.
 */
import type { ClusterMemory } from "../model/memory.ts";
import { sameData } from "../model/same-data.ts";
import { bootstrapOnce } from "./bootstrap/bootstrap-once.ts";
import { recordedChanges } from "./conditions/record-changes.ts";
import { evaluateConditions } from "./conditions/evaluate.ts";
import { stillResuming } from "./conditions/resuming.ts";
import { recordElections } from "./elections/record-elections.ts";
import {
  atRest,
  bootstrapped,
  changesMembership,
  desiredRunning,
  quorate,
  reconciled,
  recovering,
  restoreRequested,
  running,
  snapshotsListed,
  updatesByItself,
} from "./guards.ts";
import { leaveDeadJupyter, watchJupyter } from "./health/leave-dead-jupyter.ts";
import { leaveDeadStorage, watchStorage } from "./health/leave-dead-storage.ts";
import { recordOomKills } from "./health/record-oom-kills.ts";
import { recordRemounts } from "./health/record-remounts.ts";
import { recordWedgedUnits } from "./health/record-wedged-units.ts";
import { recordReadyNodes } from "./health/readiness.ts";
import { stopSilent } from "./health/stop-silent.ts";
import { renewCertificates } from "./health/renew-certificates.ts";
import { watchEtcd } from "./health/watch-etcd.ts";
import type { Plan, PlanInput } from "./input.ts";
import { recordKernels } from "./kernels/record-kernels.ts";
import { tellLostKernels } from "./kernels/tell-lost-kernels.ts";
import { launchVacant } from "./launch/launch-vacant.ts";
import { tellBlocked } from "./launch/tell-blocked.ts";
import { ensureNetwork, ensureProxy } from "./launch/prerequisites.ts";
import { changeMembers } from "./membership/change-members.ts";
import { disableAuth } from "./membership/disable-auth.ts";
import { putDesired } from "./membership/put-desired.ts";
import { recordMembers } from "./membership/record-members.ts";
import { removeForeign } from "./membership/remove-foreign.ts";
import { scaleIn, stopScaledIn } from "./membership/scale-in.ts";
import { startEtcd } from "./membership/start-etcd.ts";
import { followOperations } from "./operations/follow-operations.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { confirmQuorum, recoverQuorum, restore } from "./recovery/recover-quorum.ts";
import { startRecoverySlot } from "./recovery/recovery-slot.ts";
import { saveAskedSnapshot } from "./snapshots/asked-snapshot.ts";
import { deleteOldSnapshots, saveSnapshot } from "./snapshots/snapshots.ts";
import { maintainQuota } from "./space/maintain-quota.ts";
import { recordFullDisks } from "./space/record-full-disks.ts";
import { lastOperation } from "./status/last-operation.ts";
import { buildStatus } from "./status/status.ts";
import { given, not, type Step } from "./step.ts";
import { applyHostTask } from "./tasks/apply-host-task.ts";
import { applyTaskStatuses } from "./tasks/apply-task-statuses.ts";
import { clampTimersToNow } from "./tasks/clamp-timers.ts";
import { killOrphanedTasks, repeatKills, stopAll, stopMisplaced } from "./tasks/stop-tasks.ts";
import { endOrphans, endReplaced, isSearched } from "./tasks/end-orphans.ts";
import { syncSlots } from "./tasks/sync-slots.ts";
import { forgetKernelWaits } from "./update/forget-kernel-waits.ts";
import { leaveDraining } from "./update/leave-draining.ts";
import { followRebalance, rebalance } from "./update/rebalance.ts";
import { rollingUpdate } from "./update/rolling-update.ts";
import { type ClusterView, viewCluster } from "./view/cluster-view.ts";

/** Memory is brought up to date before anything is seen through it. */
const MEMORY_STEPS: readonly Step<Pick<PlanInput, "observed">>[] = [
  syncSlots,
  clampTimersToNow,
  applyTaskStatuses,
  applyHostTask,
];

/** What is seen is written down, and nothing is decided. */
const RECORDS: readonly Step[] = [
  given([quorate], recordMembers),
  recordElections,
  recordReadyNodes,
  recordOomKills,
  recordFullDisks,
  recordRemounts,
  recordWedgedUnits,
  recordKernels,
  followOperations,
];

const STEPS: readonly Step[] = [
  given([reconciled], forgetKernelWaits),
  given([desiredRunning], ensureProxy),
  ensureNetwork,

  given([reconciled], killOrphanedTasks),
  given([reconciled], endOrphans),
  endReplaced,
  given([reconciled, not(desiredRunning)], stopAll),
  given([reconciled, not(quorate), not(recovering)], stopMisplaced),
  given([reconciled], stopSilent),
  watchEtcd,
  watchJupyter,
  watchStorage,
  given([running], renewCertificates),

  given([quorate], confirmQuorum),
  given([bootstrapped, not(quorate), reconciled, running], recoverQuorum),
  given([restoreRequested, reconciled], restore),

  given([snapshotsListed], deleteOldSnapshots),
  saveAskedSnapshot,
  given([snapshotsListed, quorate], saveSnapshot),

  given([running, recovering], startRecoverySlot),
  given([running, not(recovering)], startEtcd),
  given([running], disableAuth),
  given([running, quorate], removeForeign),
  given([running, quorate, not(changesMembership)], changeMembers),
  given([running, reconciled], stopScaledIn),
  given([running, quorate, not(changesMembership)], scaleIn),
  given([running, reconciled, updatesByItself, atRest], rollingUpdate),
  given([running, quorate, atRest], leaveDeadJupyter),
  given([running, quorate, atRest], leaveDeadStorage),
  given([running, quorate, reconciled, atRest], leaveDraining),
  followRebalance,
  given([running, quorate, reconciled, atRest], rebalance),
  given([running, quorate], putDesired),
  given([running, quorate], maintainQuota),
  given([running], launchVacant),
  given([reconciled], tellBlocked),
  tellLostKernels,
  repeatKills,
];

export function plan(input: PlanInput): Plan {
  const { observed } = input;
  const builder = new PlanBuilder(input);
  const look = (before?: ClusterView) => viewCluster({ ...input, memory: builder.memory }, before);
  for (const step of MEMORY_STEPS) step({ observed }, builder);
  // Which etcd cluster it is decides what the nodes' words count for.
  const first = look();
  bootstrapOnce({ observed, view: first }, builder);
  const view = look(first);
  // Nothing may be intended that can't be made durable before its effect.
  const steps = input.storageFailure === undefined ? [...RECORDS, ...STEPS] : RECORDS;
  for (const step of steps) step({ observed, view }, builder);
  const after = look(view);
  recordOutcome(after, input, builder);
  const { memory } = builder;
  return {
    memory: sameData(memory, input.memory) ? input.memory : memory,
    actions: builder.actions,
    status: buildStatus(after, observed, builder),
    wantsOffers: builder.wantsOffers,
    offers: builder.offers.all(),
    requeueAt: builder.requeueAt,
    finished: after.deleted && after.mesos !== null && isOver(memory),
  };
}

function isOver({ slots, hostTask }: ClusterMemory): boolean {
  return hostTask === null && slots.every((s) => s.task === null && isSearched(s));
}

/** What people are told comes last: of all that this reconcile has seen and decided. */
function recordOutcome(view: ClusterView, input: PlanInput, builder: PlanBuilder): void {
  const { launchBlockers, memory, now } = builder;
  const { bootstrap, recovery, rebalance: asked, kernels, launchBlock } = memory;
  const decided = { bootstrap, recovery, rebalance: asked, kernels, launchBlock, launchBlockers };
  const conditions = evaluateConditions({ input, view, ...decided });
  const isReady = conditions.some((c) => c.type === "Ready" && c.status === "True");
  const resumed = stillResuming(input.memory.resumed, conditions, view, now);
  if (resumed !== null) builder.requeue(resumed.until);
  builder.updateMemory({
    conditions,
    conditionChanges: recordedChanges(input.memory, conditions, resumed, now),
    resumed,
    firstReadyAt: memory.firstReadyAt ?? (isReady ? now : null),
    lastOperation: lastOperation(input.memory, conditions, now),
  });
}
