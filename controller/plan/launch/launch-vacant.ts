/** A vacant slot gets a new task from the offers; the intent is durable before it is accepted. */
import { slotCount } from "../../../crd-schema/slots.ts";
import { taskIdOf } from "../../model/ids.ts";
import { NONE_WEDGED, type SlotMemory } from "../../model/memory.ts";
import { isRebalancing } from "../../model/rebalance.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { describeOrphan } from "../tasks/end-orphans.ts";
import { describeEarlierTask } from "../tasks/stop-tasks.ts";
import { dataLocation, isAt } from "../view/data-location.ts";
import { hasQuorumInSight } from "../view/etcd-view.ts";
import { warnOfCrowding } from "./crowded-host.ts";
import { OfferAllocator } from "./offer-allocator.ts";
import type { PlacedNode } from "./candidate.ts";
import { placedNodes } from "./placed-nodes.ts";
import { type Choice, chooseOffers } from "./placement.ts";
import { ensureVolumes, foreignHoldings, launchObstacle, slotObstacle } from "./prerequisites.ts";
import { describeRepair, repairHosts } from "./repair-hosts.ts";
import { NO_OFFER, withoutNumbers } from "./tell-blocked.ts";
import { standingResume } from "./standing-resume.ts";
import { taskInfo } from "./task-template.ts";

export function launchVacant(context: PlanContext, plan: PlanBuilder): void {
  const { view, observed } = context;
  const isVacant = (s: SlotMemory) => s.task === null && isNeeded(s, view, plan);
  if (!plan.memory.slots.some(isVacant)) return;
  const foreign = foreignHoldings(context, plan.memory);
  const obstacle = launchObstacle(context, foreign);
  const offers = new OfferAllocator(view.mesos?.offers ?? []);
  const placed = placedNodes(view);
  if (obstacle === null) {
    repairHosts(plan.memory.slots.filter(isVacant), context, offers, plan);
  }
  for (const slot of spareLast(plan.memory.slots.filter(isVacant), view)) {
    const standing =
      obstacle ??
      slotObstacle(slot.slot, foreign, view) ??
      describeOrphan(slot) ??
      describeEarlierTask(slot, view, plan);
    const blocker = standing ?? describeBackoff(slot, plan) ?? describeRepair(slot);
    if (blocker !== null) {
      plan.launchBlockers.set(slot.slot, blocker);
      if (standing !== null) plan.blockKinds.set(slot.slot, withoutNumbers(standing));
      judgeWaiting(slot.slot, blocker, offers, plan);
    } else {
      const placement = placeSlot(slot, view, offers, placed, plan);
      if ("blocker" in placement) {
        plan.launchBlockers.set(slot.slot, placement.blocker);
        plan.blockKinds.set(slot.slot, placement.kind);
        plan.wantsOffers = true;
      } else {
        placed.push(launch(slot, placement, view, offers, plan));
      }
    }
  }
  const launches = offers.launches();
  const slots = launches.flatMap((l) => l.slots);
  warnOfCrowding(placed, slots, view, plan);
  if (observed.local) ensureVolumes(slots, view, plan);
  for (const launched of launches) plan.addAction({ type: "LaunchTasks", ...launched });
}

/** It takes no room from those that vote. */
function spareLast(slots: readonly SlotMemory[], { nodes }: ClusterView): readonly SlotMemory[] {
  const spare = nodes.find((n) => n.spare)?.slot;
  return slots.toSorted((a, b) => Number(a.slot === spare) - Number(b.slot === spare));
}

function describeBackoff({ notBefore, lastFailure }: SlotMemory, plan: PlanBuilder): string | null {
  if (notBefore <= plan.now) return null;
  plan.requeue(notBefore);
  return `waits after a failure: ${lastFailure ?? "unknown"}`;
}

/** What the spec asks for; and while there is no quorum, every member that could help to one. */
function isNeeded(slot: SlotMemory, view: ClusterView, { memory }: PlanBuilder): boolean {
  if (slot.slot < slotCount(view.spec)) return true;
  if (memory.bootstrap?.phase === "started") return memory.bootstrap.slots.includes(slot.slot);
  return slot.memberId !== null && view.etcd.members === null;
}

/** Where the slot is to be launched, or why nowhere before there are other offers. */
function placeSlot(
  slot: SlotMemory,
  { spec, etcd }: ClusterView,
  { offers }: OfferAllocator,
  placed: readonly PlacedNode[],
  plan: PlanBuilder,
): Choice | { readonly blocker: string; readonly kind: string } {
  const { placement, resources: need } = spec;
  const runsOnAt = slot.orphan?.place ?? null;
  const moves = isMoving(slot, plan) && hasQuorumInSight(etcd);
  const location = runsOnAt ?? (moves ? null : dataLocation(slot, spec));
  // Without a quorum the data elsewhere may be what is missing for one.
  const needsData = location !== null && (runsOnAt !== null || !hasQuorumInSight(etcd));
  const prefer = location === null ? {} : { prefer: location, needsData };
  const choice = chooseOffers({ offers, need, placed, placement, now: plan.now, ...prefer });
  const strays = needsData && "offerIds" in choice && !isAt(location, choice);
  const where = location?.hostname ?? `agent ${location?.agentId}`;
  const what = runsOnAt === null ? "with its data" : "where its last container may run on";
  const waits = `waits for an offer of the host ${what} (${where})`;
  for (const [offerId, judgement] of choice.judgements) {
    const fits = judgement.reason === "Used" || judgement.reason === "NotNeeded";
    const strayed = { reason: "DataElsewhere", message: `fits; the slot ${waits}` } as const;
    plan.offers.add(offerId, slot.slot, strays && fits ? strayed : judgement);
  }
  if ("refused" in choice) {
    const reasons = new Set([...choice.judgements.values()].map(({ reason }) => reason));
    return { blocker: choice.refused, kind: [...reasons].toSorted().join(" ") || NO_OFFER };
  }
  return strays ? { blocker: waits, kind: "DataElsewhere" } : choice;
}

/** A person wants it elsewhere than its data is; where its launch fails it goes back to that. */
function isMoving({ slot, lastFailure }: SlotMemory, { memory }: PlanBuilder): boolean {
  const { rebalance } = memory;
  return isRebalancing(rebalance) && rebalance.moving?.slot === slot && lastFailure === null;
}

/** The offers are not looked at: something else is in the way. */
function judgeWaiting(
  slot: number,
  blocker: string,
  { offers }: OfferAllocator,
  plan: PlanBuilder,
): void {
  const message = `was not looked at; the launch of the slot waits: ${blocker}`;
  for (const { id } of offers) plan.offers.add(id, slot, { reason: "LaunchWaits", message });
}

function launch(
  memory: SlotMemory,
  choice: Choice,
  view: ClusterView,
  offers: OfferAllocator,
  plan: PlanBuilder,
): PlacedNode {
  const { slot, launches } = memory;
  const { spec, ref, image, templateHash } = view;
  const { agentId, hostname } = choice;
  const { uid, secrets } = plan.memory;
  const number = nextLaunch(slot, launches, uid, view);
  const taskId = taskIdOf(ref, uid, slot, number);
  const resume = standingResume(memory, { ...choice, taskId }, view, plan);
  const task = taskInfo({ ref, spec, image, slot, taskId, agentId, secrets, resume });
  const attributes = offers.take(choice, spec.resources, slot, task);
  plan.patchSlot(slot, {
    launches: number,
    task: {
      taskId,
      agentId,
      hostname,
      attributes,
      launchedAt: plan.now,
      templateHash,
      killRequestedAt: null,
      killReason: null,
      unreachableSince: null,
      agentUnreachableSince: null,
      resumes: resume !== null,
      startCommand: null,
      readyAt: null,
      etcdFailingSince: null,
      oomKills: 0,
      diskFull: false,
      storageMounts: 0,
      wedgedUnits: NONE_WEDGED,
      jupyterDeadSince: null,
      storageDeadSince: null,
      kernelWait: null,
    },
  });
  plan.addEvent("Normal", "NodeLaunched", `slot ${slot} is launched on ${hostname}`);
  return { slot, hostname, agentId, attributes };
}

/**
 * The memory may be older than the tasks are: another controller ran on a copy of it, or a backup
 * was put back. An id that Mesos knows is taken.
 */
function nextLaunch(slot: number, launches: number, uid: string, view: ClusterView): number {
  let number = launches + 1;
  while (view.mesos?.tasks.has(taskIdOf(view.ref, uid, slot, number))) number += 1;
  return number;
}
