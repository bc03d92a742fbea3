/**
 * Containers made from an older template are replaced one at a time: those that do not take part
 * first, then followers, the leader last after its leadership moved (docs/ARCHITECTURE.md). Nobody
 * leaves while the one replaced before has not rejoined, so a bad image stops at the first node; one
 * that is not there stops before it.
 */
import type { ClusterMemory } from "../../model/memory.ts";
import { ownFaults, unconvergedReasons } from "../health/readiness.ts";
import { canSpareSilent, SILENT_MAX_MS } from "../health/stop-silent.ts";
import { awaitsKernels } from "../kernels/await-kernels.ts";
import { foreignHoldings, launchObstacle } from "../launch/prerequisites.ts";
import { taskEnd } from "../../model/task-state.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { quorumOf } from "../view/etcd-view.ts";
import { hasVote } from "../view/has-vote.ts";
import { moveLeaderAway } from "./move-leader.ts";
import { presentNodes } from "./spare-one.ts";
import { unsupportedAgent } from "./unsupported-agent.ts";

const REASON = "updated to the new template";

export function rollingUpdate(context: PlanContext, plan: PlanBuilder): void {
  const { view } = context;
  const outdated = view.nodes.filter((n) => n.desired && n.outdated);
  if (outdated.length === 0 || updateObstacle(context, plan.memory) !== null) return;
  if (view.nodes.some((n) => n.task !== null && n.task.killRequestedAt !== null)) return;
  const present = presentNodes(view, plan);
  const faulty = present.filter((n) => ownFaults(n, view).length > 0);
  // What was updated does not work: nobody else gets the same.
  if (faulty.some((n) => n.desired && !n.outdated)) return;
  // A leader that nobody can take over from waits for one of the new template.
  const isStuck = (n: NodeView) => n.leads && faulty.includes(n) && !view.nodes.some(canLead);
  const isSettled = (n: NodeView) => isStuck(n) || unconvergedReasons(n, view).length === 0;
  const broken = outdated.find(
    (n) =>
      faulty.includes(n) && !isStuck(n) && !servesOn(n, view, plan) && isDispensable(n, view, plan),
  );
  if (broken !== undefined) replaceNode(broken, view, plan);
  else if (present.every((n) => n.desired && isSettled(n))) {
    replaceNext(outdated, view, plan);
  }
}

/** Why a node that is stopped could not be launched anew; null: it could, as far as that is known. */
export function updateObstacle(context: PlanContext, memory: ClusterMemory): string | null {
  return launchObstacle(context, foreignHoldings(context, memory));
}

/** A busy one lets others go before it, however many those are. */
function replaceNext(outdated: readonly NodeView[], view: ClusterView, plan: PlanBuilder): void {
  // The spare first: nothing rests on it.
  const inTurn = outdated.toSorted((a, b) => Number(a.spare) - Number(b.spare));
  const followers = inTurn.filter((n) => !n.leads).toReversed();
  if (followers.length > 0 && !survivesAbsence(view)) return;
  const next =
    followers.length > 0
      ? followers.find((n) => !awaitsKernels(n, "update", view, plan))
      : outdated[0];
  if (next === undefined) return;
  // Else only its leadership goes, which costs no kernel; or it is left to a person.
  const ends = view.nodes.length === 1 && view.spec.etcd.dataVolume === "local";
  if (next.leads && ends && awaitsKernels(next, "update", view, plan)) return;
  replaceNode(next, view, plan);
}

function replaceNode(node: NodeView, view: ClusterView, plan: PlanBuilder): void {
  if (!node.leads) plan.killTask(node.slot, REASON);
  else if (view.nodes.length > 1) moveLeaderAway(node, view, plan, canLead);
  else if (view.spec.etcd.dataVolume === "local") plan.killTask(node.slot, REASON);
}

/**
 * Leadership goes to whoever is new, or serves Jupyter already. An old node may have been told to run
 * none before it leads (`standby: cold`): it would be the next one that does not work.
 */
function canLead({ agent, leads, outdated }: NodeView): boolean {
  return !leads && (!outdated || agent?.units.jupyter.ready === true);
}

/**
 * What ails it is no reason to end it before its time. A container that Mesos has lost sight of is not known to
 * have a fault, and a kill would wait there until its Mesos agent is back, when it has none. One whose agent is only
 * of another release serves as it did, and waits for its kernels as any that works.
 */
function servesOn(node: NodeView, view: ClusterView, plan: PlanBuilder): boolean {
  const { observedTask } = node;
  if (observedTask === null || taskEnd(observedTask.state) === "uncertain") return true;
  const isOnlyOld = unsupportedAgent(node, view) !== null && ownFaults(node, view).length === 1;
  return isOnlyOld && awaitsKernels(node, "update", view, plan);
}

/** A node that does not work and takes no part in etcd, or whose vote the others can do without. */
function isDispensable(node: NodeView, view: ClusterView, plan: PlanBuilder): boolean {
  if (node.agent === null) {
    if (node.unsupported) return canSpareSilent(view);
    // Out of sight is not idle: it may carry the quorum.
    const since = node.task?.agentUnreachableSince ?? plan.now;
    return plan.now - since >= SILENT_MAX_MS && canSpareSilent(view);
  }
  if (!hasVote(node, view.etcd)) return true;
  // An agent that hung says first what it knew before: its etcd may be the one that makes the quorum.
  if (node.agent.etcd === null) return canSpareSilent(view);
  return view.etcd.members !== null && survivesAbsence(view);
}

/**
 * One or two members can't spare one; on data volumes they are updated all the same, with a short
 * outage. Data that dies with its container must not lose its quorum.
 */
function survivesAbsence(view: ClusterView): boolean {
  const { healthyVoters, voters } = view.etcd;
  // Fewer than the spec wants are waited for: they will be able to spare one.
  const few = Math.max(voters, view.spec.replicas) < 3;
  const short = few && view.spec.etcd.dataVolume === "local";
  return short || healthyVoters - 1 >= quorumOf(voters);
}
