/** A vacant slot gets a new task from the offers; the intent is durable before it is accepted. */
import { taskIdOf } from "../../model/ids.ts";
import { NONE_WEDGED, type SlotMemory } from "../../model/memory.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { dataLocation, isAt } from "../view/data-location.ts";
import { hasQuorumInSight } from "../view/etcd-view.ts";
import { missingNetworkOf } from "./missing-network.ts";
import { OfferAllocator } from "./offer-allocator.ts";
import { type Choice, chooseOffers, type PlacedNode } from "./placement.ts";
import { ensureVolumes, foreignHoldings, launchObstacle, slotObstacle } from "./prerequisites.ts";
import { taskInfo } from "./task-template.ts";

export function launchVacant(context: PlanContext, plan: PlanBuilder): void {
  const { view, observed } = context;
  const vacant = plan.memory.slots.filter((s) => s.task === null && isNeeded(s, view, plan));
  if (vacant.length === 0) return;
  const foreign = foreignHoldings(context, plan.memory);
  const obstacle = launchObstacle(context, foreign);
  const offers = new OfferAllocator(view.mesos?.offers ?? []);
  const placed = placedNodes(view);
  for (const slot of vacant) {
    const blocker = obstacle ?? slotObstacle(slot.slot, foreign, view);
    if (blocker !== null) {
      plan.launchBlockers.set(slot.slot, blocker);
    } else if (slot.notBefore > plan.now) {
      const why = missingNetworkOf(slot, context) ?? slot.lastFailure ?? "unknown";
      plan.launchBlockers.set(slot.slot, `waits after a failure: ${why}`);
      plan.requeue(slot.notBefore);
    } else {
      const placement = placeSlot(slot, view, offers, placed);
      if ("blocker" in placement) {
        plan.launchBlockers.set(slot.slot, placement.blocker);
        plan.wantsOffers = true;
      } else {
        placed.push(launch(slot, placement, view, offers, plan));
      }
    }
  }
  const launches = offers.launches();
  const slots = launches.flatMap((l) => l.slots);
  if (observed.local) ensureVolumes(slots, view, plan);
  for (const launched of launches) plan.addAction({ type: "LaunchTasks", ...launched });
}

/** What the spec asks for; and while there is no quorum, every member that could help to one. */
function isNeeded(slot: SlotMemory, view: ClusterView, { memory }: PlanBuilder): boolean {
  if (slot.slot < view.spec.replicas) return true;
  if (memory.bootstrap?.phase === "started") return memory.bootstrap.slots.includes(slot.slot);
  return slot.memberId !== null && view.etcd.members === null;
}

function placedNodes(view: ClusterView): PlacedNode[] {
  return view.nodes.flatMap(({ slot, task }) => {
    if (task === null) return [];
    const { hostname, agentId, attributes } = task;
    return { slot, hostname, agentId, attributes };
  });
}

/** Where the slot is to be launched, or why nowhere before there are other offers. */
function placeSlot(
  slot: SlotMemory,
  { spec, etcd }: ClusterView,
  { offers }: OfferAllocator,
  placed: readonly PlacedNode[],
): Choice | { readonly blocker: string } {
  const { placement, resources } = spec;
  const location = dataLocation(slot, spec);
  const prefer = location === null ? {} : { prefer: location };
  const choice = chooseOffers({ offers, need: resources, placed, placement, ...prefer });
  if ("refused" in choice) return { blocker: choice.refused };
  if (location === null || isAt(location, choice) || hasQuorumInSight(etcd)) return choice;
  // Without a quorum the data elsewhere may be what is missing for one.
  const where = location.hostname ?? `agent ${location.agentId}`;
  return { blocker: `waits for an offer of the host with its data (${where})` };
}

function launch(
  { slot, launches }: SlotMemory,
  choice: Choice,
  view: ClusterView,
  offers: OfferAllocator,
  plan: PlanBuilder,
): PlacedNode {
  const { spec, ref, image, templateHash } = view;
  const { agentId, hostname } = choice;
  const { uid, secrets } = plan.memory;
  const number = nextLaunch(slot, launches, uid, view);
  const taskId = taskIdOf(ref, uid, slot, number);
  const task = taskInfo({ ref, spec, image, slot, taskId, agentId, secrets });
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
      startCommand: null,
      readyAt: null,
      etcdFailingSince: null,
      oomKills: 0,
      wedgedUnits: NONE_WEDGED,
      jupyterDeadSince: null,
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
