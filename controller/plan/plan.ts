/**
 * plan(spec, memory, observed, now): what is to be done, why, and what must be remembered first.
 * Pure and level-triggered: it is asked again after every event and derives everything anew.
 *
 * The steps below read as the specification. Each reads the view and adds to the draft.
 */
import type { ClusterMemory } from "../model/memory.ts";
import { sameData } from "../model/same-data.ts";
import type { Condition } from "../model/resource.ts";
import { evaluateConditions } from "./conditions/evaluate.ts";
import { Draft } from "./plan-builder.ts";
import type { Plan, PlanInput } from "./input.ts";
import { lastOperation } from "./status/last-operation.ts";
import { buildStatus } from "./status/status.ts";
import { bootstrapOnce } from "./bootstrap/bootstrap-once.ts";
import { changeMembers } from "./membership/change-members.ts";
import { launchVacant } from "./launch/launch-vacant.ts";
import { keepSpace } from "./space/maintain-quota.ts";
import { orderAgents } from "./membership/start-etcd.ts";
import { ensurePrerequisites } from "./launch/prerequisites.ts";
import { putDesired } from "./membership/put-desired.ts";
import { recordElections } from "./elections/record-elections.ts";
import { recordMembers, recordReadyNodes } from "./membership/record-progress.ts";
import { recoverQuorum } from "./recovery/recover-quorum.ts";
import { rollingUpdate } from "./update/rolling-update.ts";
import { scaleIn } from "./membership/scale-in.ts";
import { settleTasks } from "./tasks/apply-task-statuses.ts";
import { killStrangers, repeatKills, stopAll, stopAstray, stopStuck } from "./tasks/stop-tasks.ts";
import { syncSlots } from "./tasks/sync-slots.ts";
import { takeSnapshots } from "./snapshots/take-snapshots.ts";
import { watchEtcd } from "./health/watch-etcd.ts";
import { turnBackTimers } from "./tasks/clamp-timers.ts";
import { isDeleted, viewCluster } from "./view/cluster-view.ts";

export function plan(input: PlanInput): Plan {
  const { memory } = input;
  const draft = new Draft(input);
  syncSlots(memory.cluster.spec.replicas, draft);
  turnBackTimers(memory.cluster.spec, draft);
  settleTasks(input, draft);

  const seen = viewCluster(input, draft);
  bootstrapOnce(seen, input, draft);
  const view = draft.bootstrap === memory.bootstrap ? seen : viewCluster(input, draft);
  recordMembers(view, draft);
  recordElections(view, draft);
  recordReadyNodes(view, draft);

  ensurePrerequisites(view, input, draft);
  killStrangers(view, input, draft);
  stopAll(view, input, draft);
  stopAstray(view, draft);
  stopStuck(view, draft);
  watchEtcd(view, draft);
  recoverQuorum(view, input, draft);
  takeSnapshots(view, input, draft);
  if (!view.empty && draft.recovery.requested === null) {
    orderAgents(view, input, draft);
    changeMembers(view, draft);
    scaleIn(view, draft);
    rollingUpdate(view, input, draft);
    putDesired(view, memory.generation, draft);
    keepSpace(view, input, draft);
    launchVacant(view, input, draft);
  }
  repeatKills(draft);

  const after = viewCluster(input, draft);
  const { bootstrap, recovery, refusals: launchBlockers } = draft;
  const conditions = evaluateConditions({
    input,
    view: after,
    bootstrap,
    recovery,
    launchBlockers,
  });
  const next: ClusterMemory = {
    ...memory,
    bootstrap: draft.bootstrap,
    recovery: draft.recovery,
    compactedAt: draft.compactedAt,
    slots: draft.slots,
    events: draft.events,
    elections: draft.elections,
    conditions,
    firstReadyAt: memory.firstReadyAt ?? (isReady(conditions) ? draft.now : null),
    lastOperation: lastOperation(memory, conditions, draft.now),
  };
  const running = draft.slots.some((s) => s.task !== null);
  return {
    memory: sameData(next, memory) ? memory : next,
    actions: draft.actions,
    status: buildStatus(after, next, input, draft),
    wantsOffers: draft.wantsOffers,
    requeueAt: draft.requeueAt,
    finished: isDeleted(input) && !running && view.mesos !== null,
  };
}

function isReady(conditions: readonly Condition[]): boolean {
  return conditions.some((c) => c.type === "Ready" && c.status === "True");
}
