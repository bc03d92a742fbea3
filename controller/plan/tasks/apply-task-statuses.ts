/** What Mesos says of each remembered task becomes memory: ended, cut off, or alive. */
import type { EtcdStart } from "../../model/agent-api.ts";
import { bootstrapMemberId } from "../../model/bootstrap-ids.ts";
import type { Repair } from "../../model/host-task.ts";
import type { Orphan, SlotTask } from "../../model/memory.ts";
import { lastKnown, type Observed, type ObservedTask } from "../../model/observed.ts";
import { taskEnd } from "../../model/task-state.ts";
import { SILENT_MAX_MS } from "../health/stop-silent.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import { reconciledMesos } from "../view/cluster-view.ts";
import { isBackAsAnother } from "./forgotten.ts";
import { PROVEN_AFTER_MS, relaunchDelayMs } from "./backoff.ts";
import { repairOf } from "./repair-of.ts";

export function applyTaskStatuses(
  { observed }: Pick<PlanContext, "observed">,
  plan: PlanBuilder,
): void {
  const known = lastKnown(observed.mesos);
  if (known === undefined) return;
  const isReconciled = reconciledMesos({ observed }) !== null;
  for (const { slot, task } of plan.memory.slots) {
    if (task === null) continue;
    const status = known.tasks.get(task.taskId) ?? null;
    const end = status ? taskEnd(status.state) : "uncertain";
    if (end === "ended") {
      // A terminal status is a fact, however old the source is.
      // The host is gone for good, says an operator: its data need not be waited for.
      const gone = status?.state === "TASK_GONE_BY_OPERATOR";
      const runsOn = status !== null && mayRunOn(status);
      const why = describeEnd(status);
      const { name: network } = plan.memory.cluster.spec.network;
      const { repair: before } = plan.slot(slot);
      const repair = repairOf(why, task, before, { network, local: observed.local });
      // A controller before this one may have asked for it (model/resumed.ts).
      const killed = status?.state === "TASK_KILLED";
      endTask(slot, task, { why, gone, runsOn, repair, killed }, plan);
    } else if (end === "alive") {
      if (status?.state === "TASK_RUNNING") addressIsOurs(slot, plan);
      if (task.unreachableSince !== null) reachableAgain(slot, plan);
    } else if (isReconciled) {
      if (isForgotten(task, observed)) endTask(slot, task, FORGOTTEN, plan);
      else waitForUnreachable(slot, task, observed, plan);
    }
  }
}

interface End {
  readonly why: string;
  /** Its host is gone for good. */
  readonly gone: boolean;
  /** Its container may run on. */
  readonly runsOn: boolean;
  readonly repair: Repair | null;
  /** Somebody had asked for it. */
  readonly killed: boolean;
}

/** When its host comes back Mesos tells of the task again, and it is killed. */
const CUT_OFF: End = {
  why: "its host was unreachable for too long",
  gone: false,
  runsOn: false,
  repair: null,
  killed: false,
};

/** A launch that failed on the address of one before tells of that one still. */
function suspect(
  { agentId, hostname, startCommand, resumes }: SlotTask,
  before: Orphan | null,
  since: number,
): Orphan {
  const runsEtcd = startCommand !== null || resumes;
  const place = runsEtcd ? { agentId, hostname } : (before?.place ?? null);
  return { since, place, state: "suspected" };
}

/** No other can hold it on that host, and nothing is to be mended there. */
function addressIsOurs(slot: number, plan: PlanBuilder): void {
  const { orphan, repair } = plan.slot(slot);
  if (orphan !== null || repair !== null) plan.patchSlot(slot, { orphan: null, repair: null });
}

/** Docker's words are in the sandbox, which cannot always be read: then it may be so. */
function isAddressHeld(message: string): boolean {
  return /\bstatus 125\b/.test(message) && !/not found|invalid|no such/i.test(message);
}

const FORGOTTEN: End = {
  why: "its host came back as another Mesos agent, which knows nothing of it",
  gone: false,
  runsOn: true,
  repair: null,
  killed: false,
};

/** Should its container run on all the same, it is ended as an orphan, or the launch finds its address held. */
function isForgotten(task: SlotTask, observed: Observed): boolean {
  if (task.unreachableSince === null || answers(task, observed)) return false;
  return isBackAsAnother(task, lastKnown(observed.mesos)?.offers ?? []);
}

/** Its own agent does, whatever has become of Mesos there. */
function answers({ taskId }: SlotTask, { agents, unsupported }: Observed): boolean {
  return agents.get(taskId)?.freshness === "fresh" || unsupported.has(taskId);
}

/**
 * Mesos has lost the container and not ended it, or the address of this launch was held by another, as
 * `docker run` tells by status 125 (docs/mesos.md).
 */
function mayRunOn({ state, reason, message }: ObservedTask): boolean {
  if (state === "TASK_LOST" || state === "TASK_GONE") return true;
  return reason === "REASON_EXECUTOR_TERMINATED" || isAddressHeld(message ?? "");
}

function endTask(
  slot: number,
  task: SlotTask,
  { why, gone, runsOn, repair, killed }: End,
  plan: PlanBuilder,
): void {
  const before = plan.slot(slot);
  const { backoff } = plan.memory.cluster.spec;
  const wasAskedFor = killed || task.killRequestedAt !== null;
  const proven = task.readyAt !== null && plan.now - task.readyAt >= PROVEN_AFTER_MS;
  const spent = task.startCommand && newMemberId(task.startCommand.etcd);
  const failures = wasAskedFor ? before.failures : proven ? 1 : before.failures + 1;
  plan.patchSlot(slot, {
    task: null,
    endedAt: plan.now,
    restarts: before.restarts + 1,
    failures,
    notBefore: wasAskedFor ? 0 : plan.now + relaunchDelayMs(backoff, failures),
    lastFailure: wasAskedFor ? null : why,
    lastFailureHostname: wasAskedFor ? null : task.hostname,
    retiredMemberId: spent ?? before.retiredMemberId,
    ...(gone ? { lastAgentId: null, lastHostname: null } : {}),
    ...(runsOn ? { orphan: suspect(task, before.orphan, plan.now) } : {}),
    repair: wasAskedFor ? null : repair,
  });
  if (wasAskedFor) return;
  plan.addEvent("Warning", "NodeLost", `the container of slot ${slot} ended: ${why}`);
}

/** The member that an etcd was told to be from nothing; null: none. */
export function newMemberId(command: EtcdStart): string | null {
  if (command.mode === "join") return command.memberId;
  if (command.mode !== "bootstrap") return null;
  const { initialCluster, memberName, token } = command;
  return bootstrapMemberId(initialCluster[memberName] ?? "", token);
}

function reachableAgain(slot: number, plan: PlanBuilder): void {
  plan.patchTask(slot, { unreachableSince: null });
  plan.addEvent("Normal", "NodeReachable", `the host of slot ${slot} is back`);
}

/**
 * Cut off is not dead: the container may run on. It is given up only after the time that the spec
 * sets, counted from the first sight, which is durable; and never while its own agent answers, unless it is
 * to end, or its host is back as another Mesos agent that will never tell of it (docs/decisions/0038).
 */
function waitForUnreachable(
  slot: number,
  task: SlotTask,
  observed: Observed,
  plan: PlanBuilder,
): void {
  const since = task.unreachableSince ?? plan.now;
  if (task.unreachableSince === null) {
    plan.patchTask(slot, { unreachableSince: since });
    plan.addEvent("Warning", "NodeUnreachable", `Mesos has lost sight of slot ${slot}`);
  }
  // An offer of its host tells whether that came back as another agent.
  plan.wantsOffers = true;
  const isManaged = !isBackAsAnother(task, lastKnown(observed.mesos)?.offers ?? []);
  const isToStay = task.killRequestedAt === null && isManaged;
  if (isToStay && answers(task, observed)) return;
  const { replaceAfterSeconds } = plan.memory.cluster.spec.unreachable;
  const silentSince = task.agentUnreachableSince ?? plan.now;
  const unheardUntil = isToStay ? silentSince + SILENT_MAX_MS : 0;
  const giveUpAt = Math.max(since + replaceAfterSeconds * 1000, unheardUntil);
  if (plan.now < giveUpAt) return plan.requeue(giveUpAt);
  endTask(slot, task, { ...CUT_OFF }, plan);
}

function describeEnd(task: ObservedTask | null): string {
  if (task === null) return "unknown to Mesos";
  return [task.state, task.reason, task.message].filter(Boolean).join(", ");
}
