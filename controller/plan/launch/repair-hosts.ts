/**
 * A launch that failed on its host's network or on its address is not repeated before what it failed on
 * was mended there, or could not be: by a short Mesos task on that host, one at a time, or by this
 * machine's own engine.
 */
import type { TaskInfo } from "../../mesos/wire.ts";
import type { Repair } from "../../model/host-task.ts";
import { type ClusterRef, hostTaskIdOf, LABELS, slotAddress } from "../../model/ids.ts";
import type { SlotMemory } from "../../model/memory.ts";
import { jobOf, startJob } from "../jobs.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import { isSearched } from "../tasks/end-orphans.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { covers, type Need } from "./candidate.ts";
import { createNetworkScript, releaseAddressScript } from "./host-commands.ts";
import type { OfferAllocator } from "./offer-allocator.ts";

/** Docker's client takes some 40 MiB, Mesos's executor the same again. */
const NEED: Need = { cpus: 0.1, memoryMiB: 128, diskMiB: 0 };
/** For an offer of that host; milliseconds. */
const OFFER_MS_MAX = 30_000;

/** Those of the slots that are to be launched now. */
export function repairHosts(
  slots: readonly SlotMemory[],
  context: PlanContext,
  offers: OfferAllocator,
  plan: PlanBuilder,
): void {
  for (const slot of slots) {
    if (!waits(slot) || slot.notBefore > plan.now) continue;
    if (context.observed.local) repairHere(slot, context, plan);
    else repairThere(slot, context, offers, plan);
  }
}

/** Null: nothing is to be mended before its launch. */
export function describeRepair(slot: SlotMemory): string | null {
  if (!waits(slot)) return null;
  const { work, hostname } = slot.repair;
  return work === "CreateNetwork"
    ? `the network is being made on ${hostname}`
    : `what holds its address is looked for on ${hostname}`;
}

/** An orphan of ours is told to end first, by its agent. */
function waits(slot: SlotMemory): slot is SlotMemory & { readonly repair: Repair } {
  return slot.repair !== null && slot.repair.state !== "tried" && isSearched(slot);
}

function repairHere(
  slot: SlotMemory & { readonly repair: Repair },
  { view, observed }: PlanContext,
  plan: PlanBuilder,
): void {
  const { network } = view.spec;
  const ip = slotAddress(network.firstAddress, slot.slot);
  const action = { type: "ReleaseAddress", slot: slot.slot, ip, network: network.name } as const;
  const job = jobOf(action, observed);
  const next = (state: Repair["state"], outcome: Repair["outcome"]) =>
    plan.patchSlot(slot.slot, { repair: { ...slot.repair, state, outcome } });
  if (slot.repair.state === "wanted") {
    next("asked", slot.repair.outcome);
    return startJob(action, observed, plan);
  }
  if (job?.state !== "running") next("tried", job?.error?.message ?? null);
}

function repairThere(
  slot: SlotMemory & { readonly repair: Repair },
  { view }: PlanContext,
  offers: OfferAllocator,
  plan: PlanBuilder,
): void {
  const { repair } = slot;
  if (plan.memory.hostTask !== null) return;
  const { agentId, hostname } = repair;
  const offer = offers.offers.find(
    (o) => (o.agentId === agentId || o.hostname === hostname) && covers(o, NEED),
  );
  if (offer === undefined) return waitForOffer(slot.slot, repair, plan);
  const { number, taskId } = nextHostTask(view, plan);
  const place = { agentId: offer.agentId, hostname: offer.hostname };
  const task = hostTask(taskId, offer.agentId, script(slot, view, plan), view);
  offers.takeWhole(offer.id);
  plan.addAction({ type: "RunHostTask", offerIds: [offer.id], task });
  plan.offers.add(offer.id, slot.slot, {
    reason: "Used",
    message: "a command for the slot's launch was sent to its host",
  });
  plan.updateMemory({
    hostTasks: number,
    hostTask: { taskId, ...place, launchedAt: plan.now, work: repair.work, slot: slot.slot },
  });
  plan.patchSlot(slot.slot, { repair: { ...repair, ...place, state: "asked" } });
}

function waitForOffer(slot: number, repair: Repair, plan: PlanBuilder): void {
  const since = repair.since ?? plan.now;
  const until = since + OFFER_MS_MAX;
  if (plan.now >= until) {
    const outcome = `Mesos has offered nothing of ${repair.hostname} for ${OFFER_MS_MAX / 1000} s`;
    return plan.patchSlot(slot, { repair: { ...repair, state: "tried", outcome } });
  }
  plan.wantsOffers = true;
  plan.requeue(until);
  if (repair.since === null) plan.patchSlot(slot, { repair: { ...repair, since } });
}

/** As of a node's launch: an id that Mesos knows is taken. */
function nextHostTask({ ref, mesos }: ClusterView, { memory }: PlanBuilder) {
  let number = memory.hostTasks + 1;
  const taskId = () => hostTaskIdOf(ref, memory.uid, number);
  while (mesos?.tasks.has(taskId())) number += 1;
  return { number, taskId: taskId() };
}

function script(slot: SlotMemory, view: ClusterView, { memory }: PlanBuilder): string {
  const { network } = view.spec;
  return slot.repair?.work === "CreateNetwork"
    ? createNetworkScript(network, networkLabels(view.ref, memory.uid))
    : releaseAddressScript(network, slotAddress(network.firstAddress, slot.slot));
}

/** As on a network that the controller makes itself, but for who runs it and where. */
function networkLabels({ namespace, name }: ClusterRef, uid: string) {
  return { [LABELS.namespace]: namespace, [LABELS.cluster]: name, [LABELS.uid]: uid };
}

/** Without a container: Mesos's own executor runs it on the host, as the framework's user. */
function hostTask(taskId: string, agentId: string, value: string, { ref }: ClusterView): TaskInfo {
  return {
    name: `${ref.name}-host-network`,
    task_id: { value: taskId },
    agent_id: { value: agentId },
    resources: [
      { name: "cpus", type: "SCALAR", scalar: { value: NEED.cpus } },
      { name: "mem", type: "SCALAR", scalar: { value: NEED.memoryMiB } },
    ],
    command: { shell: true, value },
  };
}
