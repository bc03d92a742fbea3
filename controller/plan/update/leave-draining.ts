/**
 * Hosts that go down for maintenance, and Mesos agents that are being drained: leadership leaves at
 * once, then the nodes, one at a time. A node's data stays on its host, so that it is a new member
 * elsewhere: it goes only where the others are whole without it, and an offer for it is there.
 */
import { ownFaults } from "../health/readiness.ts";
import type { QuorateContext, ReconciledContext } from "../guards.ts";
import { isNear, maintenanceText } from "../launch/maintenance.ts";
import { chooseOffers } from "../launch/placement.ts";
import { placedNodes } from "../launch/placed-nodes.ts";
import { awaitsKernels } from "../kernels/await-kernels.ts";
import type { ObservedMesos } from "../../model/observed.ts";
import type { Unavailability } from "../../model/offer.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { moveLeaderAway } from "./move-leader.ts";
import { cannotSpareOne } from "./spare-one.ts";

type Context = QuorateContext & ReconciledContext;

export function leaveDraining({ view }: Context, plan: PlanBuilder): void {
  const why = (node: NodeView) => drainingBecause(node, view, plan.now);
  // What the spec wants no more leaves by itself, by the same time.
  const draining = view.nodes.filter((n) => n.desired && why(n) !== null);
  if (draining.length === 0) return;
  // Whoever else moves leadership or stops a node in this plan has a reason of its own.
  if (plan.actions.some((a) => a.type === "MoveLeader")) return;
  const leader = draining.find((n) => n.leads);
  const stays = (node: NodeView) => why(node) === null && ownFaults(node, view).length === 0;
  if (leader !== undefined && view.nodes.some((n) => n.desired && !n.spare && stays(n))) {
    return moveLeaderAway(leader, view, plan, stays, why(leader));
  }
  if (cannotSpareOne(view, plan, isOnItsWay) !== null) return;
  const followers = draining.filter((n) => !n.leads).toReversed();
  const next = followers.find((n) => !staysForKernels(n, "drain", view, plan));
  if (next !== undefined) replaceElsewhere(next, why(next) ?? "", { view }, plan);
}

/** One that waits for its kernels is a voter like any other until it goes, which may be later than a host does. */
function isOnItsWay({ desired, task }: NodeView): boolean {
  return !desired && task?.kernelWait == null;
}

/** As long as its host lets it; one whose Mesos agent is drained is being ended already. */
export function staysForKernels(
  node: NodeView,
  why: "drain" | "scaleIn",
  view: ClusterView,
  plan: PlanBuilder,
): boolean {
  if (node.observedTask?.state === "TASK_KILLING") return false;
  const from = view.mesos === null ? null : (plannedFor(node, view.mesos)?.from ?? null);
  const notAfter = from === null ? null : from - MOVE_MS;
  return awaitsKernels(node, why, view, plan, notAfter);
}

function replaceElsewhere(
  { slot }: NodeView,
  why: string,
  { view }: Pick<Context, "view">,
  plan: PlanBuilder,
): void {
  plan.wantsOffers = true;
  const { placement, resources: need } = view.spec;
  const { maintenance } = view.mesos;
  const offers = view.mesos.offers.filter(
    ({ agentId }) => !isNear(maintenance.get(agentId) ?? null, plan.now),
  );
  const placed = placedNodes(view).filter((node) => node.slot !== slot);
  const choice = chooseOffers({ offers, need, placed, placement, now: plan.now });
  if ("offerIds" in choice) return plan.killTask(slot, why);
  for (const [offerId, judgement] of choice.judgements) plan.offers.add(offerId, slot, judgement);
}

/** As a clause about the host; null: it stays. */
export function drainingBecause(
  node: NodeView,
  view: ReconciledContext["view"],
  now: number,
): string | null {
  const { task, observedTask } = node;
  if (task === null) return null;
  if (observedTask?.state === "TASK_KILLING" && observedTask.reason === DRAINING) {
    return `the Mesos agent on ${task.hostname} is drained`;
  }
  const planned = plannedFor(node, view.mesos);
  if (planned === null || !isNear(planned, now)) return null;
  return `${task.hostname} ${maintenanceText(planned, now)}`;
}

/** Of a node that waits for its kernels: nobody says whether its host still goes down, as between two offers. */
export function isUntold(
  { task }: NodeView,
  { mesos }: ReconciledContext["view"],
  now: number,
): boolean {
  const notAfter = task?.kernelWait?.notAfter ?? null;
  if (task === null || notAfter === null || now >= notAfter + MOVE_MS) return false;
  const { agentId } = task;
  return !mesos.maintenance.has(agentId) && !mesos.offers.some((o) => o.agentId === agentId);
}

/** Null: nobody has said that its host goes down. */
function plannedFor({ task }: NodeView, mesos: ObservedMesos): Unavailability | null {
  const offered = mesos.offers.find(({ agentId }) => agentId === task?.agentId);
  return mesos.maintenance.get(task?.agentId ?? "") ?? offered?.unavailability ?? null;
}

/** So long before its host goes down a node leaves, busy or not, to be whole elsewhere by then. Milliseconds. */
export const MOVE_MS = 600_000;

const DRAINING = "REASON_AGENT_DRAINING";
