/** A vacant slot gets a new task from the offers; the intent is durable before it is accepted. */
import { taskIdOf } from "../../model/ids.ts";
import type { SlotMemory } from "../../model/memory.ts";
import { dataHome, isHome } from "../view/data-location.ts";
import type { Draft } from "../plan-builder.ts";
import { hasQuorumInSight } from "../view/etcd-view.ts";
import type { PlanInput } from "../input.ts";
import { OfferShelf } from "./offer-allocator.ts";
import { chooseOffers, type PlacedNode } from "./placement.ts";
import { taskInfo } from "./task-template.ts";
import { templateHash } from "../update/template-hash.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { ensureVolumes, launchObstacle } from "./prerequisites.ts";

export function launchVacant(view: ClusterView, input: PlanInput, draft: Draft): void {
  if (view.empty) return;
  const vacant = draft.slots.filter((s) => s.task === null && isNeeded(s, view, draft));
  if (vacant.length === 0) return;
  const obstacle = launchObstacle(view, input);
  const shelf = new OfferShelf(view.mesos?.offers ?? []);
  const placed = placedNodes(view);
  for (const { slot, notBefore, lastFailure } of vacant) {
    if (obstacle !== null) {
      draft.refusals.set(slot, obstacle);
    } else if (notBefore > draft.now) {
      draft.refusals.set(slot, `waits after a failure: ${lastFailure ?? "unknown"}`);
      draft.requeue(notBefore);
    } else {
      launchOne(slot, view, input, shelf, placed, draft);
    }
  }
  const launches = shelf.launches();
  const slots = launches.flatMap((launch) => launch.slots);
  if (input.observed.local) ensureVolumes(slots, view, draft);
  for (const launch of launches) draft.act({ type: "LaunchTasks", ...launch });
}

/** What the spec wants; and while there is no quorum, every member that could help to one. */
function isNeeded(slot: SlotMemory, view: ClusterView, draft: Draft): boolean {
  if (slot.slot < view.spec.replicas) return true;
  if (draft.bootstrap?.phase === "started") return draft.bootstrap.slots.includes(slot.slot);
  return slot.memberId !== null && view.etcd.members === null;
}

function placedNodes(view: ClusterView): PlacedNode[] {
  return view.nodes
    .filter((n) => n.task !== null)
    .map((n) => ({
      slot: n.slot,
      hostname: n.task?.hostname ?? "",
      agentId: n.task?.agentId ?? "",
      attributes: n.task?.attributes ?? [],
    }));
}

function launchOne(
  slot: number,
  view: ClusterView,
  input: PlanInput,
  shelf: OfferShelf,
  placed: PlacedNode[],
  draft: Draft,
): void {
  const { spec, ref, image } = view;
  const home = dataHome(draft.slot(slot), spec);
  const choice = chooseOffers({
    offers: shelf.offers,
    need: spec.resources,
    placed,
    placement: spec.placement,
    ...(home === null ? {} : { prefer: home }),
  });
  if ("refused" in choice) {
    draft.refusals.set(slot, choice.refused);
    draft.wantsOffers = true;
    return;
  }
  const { agentId, hostname } = choice;
  if (home !== null && !isHome(home, choice) && !hasQuorumInSight(view.etcd)) {
    // Without a quorum the data elsewhere may be what is missing for one.
    const where = home.hostname ?? `agent ${home.agentId}`;
    draft.refusals.set(slot, `waits for an offer of the host with its data (${where})`);
    draft.wantsOffers = true;
    return;
  }
  const number = nextLaunch(slot, view, input, draft);
  const taskId = taskIdOf(ref, input.memory.uid, slot, number);
  const task = taskInfo({ ref, spec, image, slot, taskId, agentId, secrets: input.memory.secrets });
  const attributes = shelf.take(choice, spec.resources, slot, task);
  draft.patchSlot(slot, {
    launches: number,
    task: {
      taskId,
      agentId,
      hostname,
      attributes,
      launchedAt: draft.now,
      templateHash: templateHash(spec, image),
      killRequestedAt: null,
      killReason: null,
      unreachableSince: null,
      silentSince: null,
      order: null,
      readyAt: null,
      etcdFailingSince: null,
    },
  });
  placed.push({ slot, hostname, agentId, attributes });
  draft.event("Normal", "NodeLaunched", `slot ${slot} is launched on ${hostname}`);
}

/**
 * The memory may be older than the tasks are: another controller ran on a copy of it, or a backup was
 * put back. An id that Mesos knows is taken.
 */
function nextLaunch(slot: number, view: ClusterView, input: PlanInput, draft: Draft): number {
  let number = draft.slot(slot).launches + 1;
  const isTaken = () => view.mesos?.tasks.has(taskIdOf(view.ref, input.memory.uid, slot, number));
  while (isTaken()) number += 1;
  return number;
}
