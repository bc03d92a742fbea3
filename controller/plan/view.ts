/** Spec, memory and observation joined per slot: what every step of the plan reads. */
import type { AgentStatus, EtcdMember } from "../model/agent-api.ts";
import type { ClusterRef } from "../model/ids.ts";
import { slotAddress } from "../model/ids.ts";
import type { SlotMemory, SlotTask } from "../model/memory.ts";
import type { ObservedMesos, ObservedTask } from "../model/observed.ts";
import { lastKnown } from "../model/observed.ts";
import type { ClusterSpec } from "../../crd-schema/spec.ts";
import { type EtcdView, memberOfSlot, viewEtcd } from "./etcd-view.ts";
import type { PlanInput } from "./input.ts";
import { templateHash } from "./template-hash.ts";

export interface NodeView {
  readonly slot: number;
  readonly ip: string;
  /** The spec asks for this slot. */
  readonly wanted: boolean;
  readonly memory: SlotMemory;
  readonly task: SlotTask | null;
  readonly observedTask: ObservedTask | null;
  /** Only while its stream is fresh. */
  readonly agent: AgentStatus | null;
  /** Its etcd member, when the membership is known. */
  readonly member: EtcdMember | null;
  readonly leads: boolean;
  /** Its container was made from another template than the spec's now. */
  readonly outdated: boolean;
}

export interface ClusterView {
  readonly ref: ClusterRef;
  readonly spec: ClusterSpec;
  readonly image: string;
  /** All slots that are wanted or still remembered, by number. */
  readonly nodes: readonly NodeView[];
  readonly etcd: EtcdView;
  /** Cluster id of the one etcd cluster that this may be; null before it is formed. */
  readonly lineage: string | null;
  /** Null unless Mesos is fresh and has answered for every remembered task. */
  readonly mesos: ObservedMesos | null;
  /** Nothing shall run: suspended, or deleted. */
  readonly empty: boolean;
}

/** @param slots the slots as far as this plan has got; the memory's own at its beginning */
export function viewCluster(input: PlanInput, slots: readonly SlotMemory[]): ClusterView {
  const { cluster } = input.memory;
  const { spec } = cluster;
  const image = spec.image ?? input.defaultImage;
  const hash = templateHash(spec, image);
  const mesos = input.observed.mesos;
  const known = lastKnown(mesos);
  const located = slots.map((memory) => ({
    slot: memory.slot,
    ip: slotAddress(spec.network.firstAddress, memory.slot),
    memory,
    agent: freshAgent(input, memory.task),
  }));
  const etcd = viewEtcd(located);
  const empty = spec.suspend || isDeleted(input);
  const all = located.map(({ slot, ip, memory, agent }) => ({
    slot,
    ip,
    wanted: slot < spec.replicas,
    memory,
    task: memory.task,
    observedTask: memory.task ? (known?.tasks.get(memory.task.taskId) ?? null) : null,
    agent,
    member: memberOfSlot(etcd.members, slot, ip),
    leads: etcd.leader?.slot === slot,
    outdated: memory.task !== null && memory.task.templateHash !== hash,
  }));
  // A slot that was scaled away and left nothing behind is no node any more.
  const nodes = all.filter(
    (n) => n.wanted || n.task !== null || n.member !== null || n.memory.memberId !== null,
  );
  const usable = mesos.freshness === "fresh" && mesos.value.reconciled ? mesos.value : null;
  const { bootstrap } = input.memory;
  const lineage = bootstrap?.phase === "done" ? bootstrap.clusterId : null;
  return { ref: cluster.metadata, spec, image, nodes, etcd, lineage, mesos: usable, empty };
}

/** Its data belongs to another etcd cluster: never touched, a person decides (DESIGN.md 6). */
export function isForeign(node: NodeView, lineage: string | null): boolean {
  const data = node.agent?.data;
  if (lineage === null) return false; // there is no cluster yet to be foreign to
  return data?.state === "present" && data.clusterId !== null && data.clusterId !== lineage;
}

/**
 * Its agent waits to be told how to run etcd, or runs one that cannot start on the data it has:
 * that one takes an order too.
 */
export function takesOrders({ agent, task }: NodeView): boolean {
  if (agent === null || task === null || task.killRequestedAt !== null) return false;
  if (agent.phase === "awaiting-order") return true;
  return agent.data.state === "corrupt" && agent.units.etcd.state === "backoff";
}

export function isDeleted(input: PlanInput): boolean {
  return input.memory.fileRemoved && input.memory.cluster.spec.deletionPolicy === "Delete";
}

function freshAgent(input: PlanInput, task: SlotTask | null): AgentStatus | null {
  if (task === null) return null;
  const source = input.observed.agents.get(task.taskId);
  return source?.freshness === "fresh" ? source.value : null;
}
