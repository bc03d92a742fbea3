/**
 * plan(spec, memory, observed, now): what is to be done, why, and what must be remembered first.
 * Pure and level-triggered: it is asked again after every event and derives everything anew.
 *
 * The steps below read as the specification. Each reads the view and adds to the draft.
 */
import type { ClusterMemory } from "../model/memory.ts";
import { sameData } from "../model/same-data.ts";
import type { Condition } from "../model/resource.ts";
import { judge } from "./conditions/judge.ts";
import { Draft } from "./draft.ts";
import type { Plan, PlanInput } from "./input.ts";
import { lastOperation } from "./last-operation.ts";
import { buildStatus } from "./status.ts";
import { bootstrapOnce } from "./steps/bootstrap.ts";
import { changeMembers } from "./steps/change-members.ts";
import { launchVacant } from "./steps/launch.ts";
import { keepSpace } from "./steps/keep-space.ts";
import { orderAgents } from "./steps/order-agents.ts";
import { ensurePrerequisites } from "./steps/prerequisites.ts";
import { putDesired } from "./steps/put-desired.ts";
import { recordElections } from "./steps/record-elections.ts";
import { recordMembers, recordReadyNodes } from "./steps/record-progress.ts";
import { recoverQuorum } from "./steps/recover-quorum.ts";
import { rollingUpdate } from "./steps/rolling-update.ts";
import { scaleIn } from "./steps/scale-in.ts";
import { settleTasks } from "./steps/settle-tasks.ts";
import { killStrangers, repeatKills, stopAll, stopAstray, stopStuck } from "./steps/stop-tasks.ts";
import { syncSlots } from "./steps/sync-slots.ts";
import { takeSnapshots } from "./steps/take-snapshots.ts";
import { watchEtcd } from "./steps/watch-etcd.ts";
import { turnBackTimers } from "./steps/turn-back-timers.ts";
import { isDeleted, viewCluster } from "./view.ts";

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
  const conditions = judge(after, input, draft);
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
