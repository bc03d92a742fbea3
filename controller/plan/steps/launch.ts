/** A vacant slot gets a new task from the offers; the intent is durable before it is accepted. */
import { taskIdOf } from "../../model/ids.ts";
import type { SlotMemory } from "../../model/memory.ts";
import type { ObservedOffer } from "../../model/observed.ts";
import type { Draft } from "../draft.ts";
import type { PlanInput } from "../input.ts";
import { chooseOffers, type PlacedNode } from "../placement.ts";
import { taskInfo } from "../task-template.ts";
import { templateHash } from "../template-hash.ts";
import type { ClusterView } from "../view.ts";
import { launchObstacle } from "./prerequisites.ts";

export function launchVacant(view: ClusterView, input: PlanInput, draft: Draft): void {
  if (view.empty) return;
  const vacant = draft.slots.filter((s) => s.task === null && isNeeded(s, view, draft));
  if (vacant.length === 0) return;
  const obstacle = launchObstacle(view, input);
  const offers = new Map((view.mesos?.offers ?? []).map((o) => [o.id, o]));
  const placed = placedNodes(view);
  for (const { slot, notBefore, lastFailure } of vacant) {
    if (obstacle !== null) {
      draft.refusals.set(slot, obstacle);
    } else if (notBefore > draft.now) {
      draft.refusals.set(slot, `waits after a failure: ${lastFailure ?? "unknown"}`);
      draft.requeue(notBefore);
    } else {
      const used = launchOne(slot, view, input, [...offers.values()], placed, draft);
      for (const id of used) offers.delete(id);
    }
  }
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
  offers: readonly ObservedOffer[],
  placed: PlacedNode[],
  draft: Draft,
): readonly string[] {
  const { spec, ref, image } = view;
  const last = draft.slot(slot).lastAgentId;
  const choice = chooseOffers({
    offers,
    need: spec.resources,
    placed,
    placement: spec.placement,
    ...(last !== null && spec.etcd.dataVolume === "local" ? { prefer: { agentId: last } } : {}),
  });
  if ("refused" in choice) {
    draft.refusals.set(slot, choice.refused);
    draft.wantsOffers = true;
    return [];
  }
  const { agentId, hostname, offerIds } = choice;
  const attributes = offers.find((o) => o.id === offerIds[0])?.attributes ?? [];
  const { launches } = draft.slot(slot);
  const taskId = taskIdOf(ref, input.memory.uid, slot, launches + 1);
  draft.patchSlot(slot, {
    launches: launches + 1,
    lastAgentId: agentId,
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
    },
  });
  placed.push({ slot, hostname, agentId, attributes });
  const task = taskInfo({ ref, spec, image, slot, taskId, agentId, secrets: input.memory.secrets });
  draft.act({ type: "LaunchTask", slot, offerIds, task });
  draft.event("Normal", "NodeLaunched", `slot ${slot} is launched on ${hostname}`);
  return offerIds;
}
