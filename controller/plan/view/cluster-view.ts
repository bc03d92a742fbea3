/** Spec, memory and observation joined per slot: what every step of the plan reads. */
import { slotCount } from "../../../crd-schema/slots.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { AgentStatus } from "../../model/agent-api.ts";
import { type ClusterRef, peerUrl, slotAddress } from "../../model/ids.ts";
import { ofCluster } from "../../model/leader.ts";
import {
  type ClusterMemory,
  clusterIdOf,
  type SlotMemory,
  type SlotTask,
} from "../../model/memory.ts";
import { lastKnown, type ObservedMesos } from "../../model/observed.ts";
import { agentVersionOf } from "../../model/release.ts";
import type { PlanInput } from "../input.ts";
import { dataLocation, isAt } from "./data-location.ts";
import { dataOwnership } from "./data-ownership.ts";
import { type EtcdView, memberOfSlot, viewEtcd } from "./etcd-view.ts";
import { isEtcdFailing } from "./failing-etcd.ts";
import type { NodeView } from "./node-view.ts";
import { spareSlot } from "./spare-slot.ts";
import { templateHash } from "./template-hash.ts";

/** The parts of memory that change within a plan and show in the view. */
type ViewedMemory = Pick<ClusterMemory, "slots" | "bootstrap" | "recovery">;

export interface ClusterView {
  readonly memory: ViewedMemory;
  readonly ref: ClusterRef;
  readonly spec: ClusterSpec;
  readonly image: string;
  /** Of containers that are launched now. */
  readonly templateHash: string;
  /** All slots that are desired or still remembered, by number. */
  readonly nodes: readonly NodeView[];
  readonly etcd: EtcdView;
  /** Of the one etcd cluster that this may be; null before it is formed. */
  readonly clusterId: string | null;
  /** Null unless Mesos is fresh and has answered for every remembered task. */
  readonly mesos: ObservedMesos | null;
  /** The file is gone, and with it all that runs is to go. */
  readonly deleted: boolean;
  /** Nothing shall run: suspended, or deleted. */
  readonly desiredStopped: boolean;
}

/** @param before of the same plan: taken again when nothing has changed that shows in it */
export function viewCluster(input: PlanInput, before?: ClusterView): ClusterView {
  const { memory, observed } = input;
  if (before !== undefined && showsIn(before, memory)) return before;
  const { metadata, spec } = memory.cluster;
  const image = spec.image ?? input.defaultImage;
  const hash = templateHash(spec, image);
  const clusterId = clusterIdOf(memory);
  const located = memory.slots.map((slot) => ({
    slot: slot.slot,
    ...addressesOf(slot.slot, spec),
    memory: slot,
    agent: freshAgent(input, slot.task),
  }));
  const etcd = viewEtcd(ofCluster(located, clusterId));
  const facts = { clusterId, recovery: memory.recovery, members: etcd.members };
  const tasks = lastKnown(observed.mesos)?.tasks;
  const all = located.map(({ slot, ip, peerUrl: ownPeerUrl, memory: slotMemory, agent }) => {
    const { task, memberId } = slotMemory;
    const failing = isEtcdFailing(agent, task, input.now);
    const misplaced = isMisplaced(slotMemory, spec);
    // Without a quorum, data on another machine may be what is missing for one.
    const isUnsure = misplaced && etcd.members === null;
    return {
      slot,
      ip,
      peerUrl: ownPeerUrl,
      desired: slot < slotCount(spec),
      memory: slotMemory,
      task,
      observedTask: task ? (tasks?.get(task.taskId) ?? null) : null,
      agent,
      ...versionFacts(input, task, agent),
      member: memberOfSlot(etcd.members, slot, ownPeerUrl),
      leads: etcd.leader?.slot === slot,
      outdated: task !== null && task.templateHash !== hash,
      failing,
      dataOwnership: isUnsure ? "unknown" : dataOwnership({ agent, memberId, failing }, facts),
      misplaced,
    } satisfies Omit<NodeView, "spare">;
  });
  const spare = spareSlot(all, etcd, spec);
  const deleted = memory.fileRemoved && spec.deletionPolicy === "Delete";
  return {
    memory,
    ref: metadata,
    spec,
    image,
    templateHash: hash,
    // A slot that was scaled away and left nothing behind is no node any more.
    nodes: all
      .filter((n) => n.desired || n.task || n.member || n.memory.memberId !== null)
      .map((n) => ({ ...n, spare: n.slot === spare })),
    etcd,
    clusterId,
    mesos: reconciledMesos(input),
    deleted,
    desiredStopped: spec.suspend || deleted,
  };
}

/** Of a spec, which is never changed but replaced: the slots' addresses. */
const addresses = new WeakMap<ClusterSpec, Addresses[]>();

type Addresses = Pick<NodeView, "ip" | "peerUrl">;

function addressesOf(slot: number, spec: ClusterSpec): Addresses {
  const known = addresses.get(spec) ?? [];
  addresses.set(spec, known);
  const ip = slotAddress(spec.network.firstAddress, slot);
  return (known[slot] ??= { ip, peerUrl: peerUrl(ip, spec.etcd) });
}

function showsIn({ memory }: ClusterView, { slots, bootstrap, recovery }: ViewedMemory): boolean {
  return memory.slots === slots && memory.bootstrap === bootstrap && memory.recovery === recovery;
}

export function reconciledMesos({ observed: { mesos } }: Pick<PlanInput, "observed">) {
  return mesos.freshness === "fresh" && mesos.value.reconciled ? mesos.value : null;
}

/** Nobody has told it yet what to do: from then on its data is where it runs. */
function isMisplaced(slot: SlotMemory, spec: ClusterSpec): boolean {
  const location = dataLocation(slot, spec);
  const { task, memberId } = slot;
  if (location === null || task === null || memberId === null) return false;
  return task.startCommand === null && !isAt(location, task);
}

function versionFacts(
  { observed }: Pick<PlanInput, "observed">,
  task: SlotTask | null,
  agent: AgentStatus | null,
): Pick<NodeView, "agentVersion" | "unsupported"> {
  if (agent !== null) return { agentVersion: agentVersionOf(agent), unsupported: false };
  const version = (task && observed.unsupported.get(task.taskId)) ?? null;
  return { agentVersion: version, unsupported: version !== null };
}

function freshAgent(
  { observed }: Pick<PlanInput, "observed">,
  task: SlotTask | null,
): AgentStatus | null {
  if (task === null) return null;
  const source = observed.agents.get(task.taskId);
  return source?.freshness === "fresh" ? source.value : null;
}
