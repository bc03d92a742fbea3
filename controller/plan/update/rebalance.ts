/**
 * A person has asked for it: nodes move one by one onto hosts where the cluster is spread better, the
 * leader's last and only after its leadership has moved. A node's data stays on its host, so that it is a
 * new member elsewhere: it goes only where the others are whole without it, and a better place is offered.
 */
import { isRebalancing, type Rebalance } from "../../model/rebalance.ts";
import { ownFaults } from "../health/readiness.ts";
import type { QuorateContext, ReconciledContext } from "../guards.ts";
import { isNear } from "../launch/maintenance.ts";
import { placedNodes } from "../launch/placed-nodes.ts";
import { awaitsKernels, describeWaits, endOfWait } from "../kernels/await-kernels.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { allMoves, bestMove, type BestMove, type Placement, whatIsMissing } from "./best-move.ts";
import { describeMove, endedRebalance } from "./end-rebalance.ts";
import { moveLeaderAway } from "./move-leader.ts";
import { cannotSpareOne } from "./spare-one.ts";

/** For all nodes to be ready, from when it began or the latest was. Milliseconds. */
export const READY_MS_MAX = 900_000;
/** For offers of better hosts; REVIVE is said again after a minute without any. Milliseconds. */
export const OFFERS_MS_MAX = 90_000;
/** In which a preview takes in what is offered. Milliseconds. */
export const PREVIEW_MS = 5_000;
/** So often a node may have come back to its old host. */
const RETURNED_MAX = 2;

const BEST = "no other move would spread the nodes better";

type End = Parameters<typeof endedRebalance>[2];

/** What has become of the last move; and the bounds, which hold whatever is the matter. */
export function followRebalance({ view }: PlanContext, plan: PlanBuilder): void {
  const { rebalance } = plan.memory;
  if (!isRebalancing(rebalance)) return;
  if (view.desiredStopped) return end(plan, "Incomplete", "the cluster is stopped");
  if (view.spec.replicas < 3) {
    return end(plan, "Incomplete", "of fewer than 3 nodes none can be spared");
  }
  if (rebalance.moving !== null && arrived(rebalance, rebalance.moving, view, plan)) return;
  const progressAt = Math.max(rebalance.progressAt, ...waitEnds(view, plan));
  const giveUpAt = progressAt + (rebalance.preview ? OFFERS_MS_MAX : READY_MS_MAX);
  if (plan.now < giveUpAt) return plan.requeue(giveUpAt);
  end(plan, "Incomplete", `it waited too long: ${waitsFor(view, plan)}`);
}

/** For how long nodes may stay for their kernels' sake, which is no lack of progress. */
function waitEnds(view: ClusterView, { memory }: PlanBuilder): readonly number[] {
  return memory.slots.flatMap(({ task }) => {
    const wait = task?.kernelWait ?? null;
    return wait?.why === "rebalance" ? [endOfWait(wait, view)] : [];
  });
}

function arrived(
  rebalance: Rebalance,
  { taskId, ...move }: NonNullable<Rebalance["moving"]>,
  view: ClusterView,
  plan: PlanBuilder,
): boolean {
  const task = view.nodes.find((n) => n.slot === move.slot)?.task ?? null;
  if (task === null || task.taskId === taskId || task.readyAt === null) return false;
  const done = { moving: null, progressAt: plan.now, offersSince: null };
  const isBack = task.hostname === move.from;
  const moves = isBack ? rebalance.moves : [...rebalance.moves, { ...move, to: task.hostname }];
  const returned = rebalance.returned + Number(isBack);
  plan.updateMemory({ rebalance: { ...rebalance, ...done, moves, returned } });
  return true;
}

type Context = QuorateContext & ReconciledContext;

export function rebalance(context: Context, plan: PlanBuilder): void {
  const { rebalance: asked } = plan.memory;
  if (!isRebalancing(asked) || asked.moving !== null) return;
  takeNextStep(asked, context, plan);
  if (isRebalancing(plan.memory.rebalance)) plan.wantsOffers = true;
}

function takeNextStep(asked: Rebalance, { view }: Context, plan: PlanBuilder): void {
  const placement = placementOf(view, plan.now);
  if (asked.preview) return preview(asked, placement, plan);
  // Whoever else moves leadership or stops a node in this plan has a reason of its own.
  if (plan.actions.some((a) => a.type === "MoveLeader")) return;
  if (cannotSpareOne(view, plan) !== null) return;
  const isEndless = asked.moves.length >= 2 * view.spec.replicas;
  const move = isEndless || asked.returned >= RETURNED_MAX ? null : bestMove(placement);
  if (move !== null) moveNode(move, asked, view, plan);
  else if (isDue(asked, isEndless || isSpread(placement) ? 0 : OFFERS_MS_MAX, plan)) {
    const missing = whatIsMissing(placement);
    if (missing === null) end(plan, "Succeeded", BEST);
    else end(plan, "Incomplete", `a better place is missing: ${missing}`);
  }
}

function preview(asked: Rebalance, placement: Placement, plan: PlanBuilder): void {
  if (!isDue(asked, isSpread(placement) ? 0 : PREVIEW_MS, plan)) return;
  const moves = allMoves(placement).map(({ node, to }) => {
    return { slot: node.slot, from: node.hostname, to: to.hostname };
  });
  plan.updateMemory({ rebalance: { ...asked, moves } });
  const missing = moves.length > 0 ? null : whatIsMissing(placement);
  if (missing === null) end(plan, "Succeeded", BEST);
  else end(plan, "Incomplete", `a better place is missing: ${missing}`);
}

/** Whether offers have been waited for so long; the clock begins to run now if it does not. */
function isDue(asked: Rebalance, waitMs: number, plan: PlanBuilder): boolean {
  const offersSince = asked.offersSince ?? plan.now;
  if (plan.now >= offersSince + waitMs) return true;
  if (asked.offersSince === null) plan.updateMemory({ rebalance: { ...asked, offersSince } });
  plan.requeue(offersSince + waitMs);
  return false;
}

function moveNode(
  { node, to }: BestMove,
  asked: Rebalance,
  view: ClusterView,
  plan: PlanBuilder,
): void {
  const move = { slot: node.slot, from: node.hostname, to: to.hostname };
  const leaving = view.nodes.find((n) => n.slot === node.slot);
  if (leaving?.task == null) return;
  const why = `it moves from ${move.from} to ${move.to}, to spread the nodes`;
  if (leaving.leads) {
    const isFit = (n: typeof leaving) => ownFaults(n, view).length === 0;
    return moveLeaderAway(leaving, view, plan, isFit, "its node is to move to another host");
  }
  if (awaitsKernels(leaving, "rebalance", view, plan)) return;
  const moving = { ...move, taskId: leaving.task.taskId };
  plan.updateMemory({ rebalance: { ...asked, moving, offersSince: null } });
  plan.killTask(node.slot, why);
}

/** What every host has to offer that does not go down soon. */
function placementOf(view: ReconciledContext["view"], now: number): Placement {
  const { spec, mesos, etcd } = view;
  const stays = (agentId: string) => !isNear(mesos.maintenance.get(agentId) ?? null, now);
  const offers = mesos.offers.filter(({ agentId }) => stays(agentId));
  return { placed: placedNodes(view), leaderSlot: etcd.leader?.slot ?? null, offers, spec, now };
}

/** Each has a host of its own, and nothing else is asked for: no offer could make it better. */
function isSpread({ placed, spec: { placement } }: Placement): boolean {
  const isPlain = placement.constraints.length === 0 && placement.spread === null;
  return isPlain && new Set(placed.map(({ hostname }) => hostname)).size === placed.length;
}

function end(plan: PlanBuilder, outcome: End["outcome"], why: string): void {
  const { rebalance: asked } = plan.memory;
  if (!isRebalancing(asked)) return;
  const {
    rebalance: ended,
    operations,
    events,
  } = endedRebalance(plan.memory, asked, { outcome, why }, plan.now);
  plan.updateMemory({ rebalance: ended, operations, events });
}

/** As a clause; for people. */
export function waitsFor(view: ClusterView, plan: PlanBuilder): string {
  const { rebalance: asked } = plan.memory;
  if (asked?.moving != null) return `${describeMove(asked.moving)} is on its way`;
  const [stays] = describeWaits(view, plan.memory);
  if (stays !== undefined) return stays;
  if (asked !== null && asked.offersSince !== null) return "it waits for offers of other hosts";
  const why = view.etcd.leader === null ? "no quorum is in sight" : cannotSpareOne(view, plan);
  return why ?? "it waits for offers of other hosts";
}
