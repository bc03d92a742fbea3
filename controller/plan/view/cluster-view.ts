/** Spec, memory and observation joined per slot: what every step of the plan reads. */
import type { AgentStatus, EtcdMember } from "../../model/agent-api.ts";
import type { ClusterRef } from "../../model/ids.ts";
import { type DataStanding, dataStanding } from "./data-ownership.ts";
import { dataHome, isHome } from "./data-location.ts";
import { isFailing } from "../health/failing-etcd.ts";
import { slotAddress } from "../../model/ids.ts";
import { followsLeader, ofLineage } from "../../model/leader.ts";
import {
  type ClusterMemory,
  lineageOf,
  type SlotMemory,
  type SlotTask,
} from "../../model/memory.ts";
import type { ObservedMesos, ObservedTask } from "../../model/observed.ts";
import { lastKnown } from "../../model/observed.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import { type EtcdView, memberOfSlot, viewEtcd } from "./etcd-view.ts";
import type { PlanInput } from "../input.ts";
import { templateHash } from "../update/template-hash.ts";

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
  /** Its etcd ends again and again, for so long that a restart will not mend it. */
  readonly failing: boolean;
  /** What its data is to the cluster. */
  readonly standing: DataStanding;
  /** It waits on another machine than the one that has its data: what it says of it is void. */
  readonly astray: boolean;
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

/** What this plan has got to so far; the memory's own at its beginning. */
export type ViewedMemory = Pick<ClusterMemory, "slots" | "bootstrap" | "recovery">;

export function viewCluster(input: PlanInput, memory: ViewedMemory): ClusterView {
  const { slots, recovery } = memory;
  const { cluster } = input.memory;
  const { spec } = cluster;
  const image = spec.image ?? input.defaultImage;
  const hash = templateHash(spec, image);
  const mesos = input.observed.mesos;
  const known = lastKnown(mesos);
  const lineage = lineageOf(memory);
  const located = slots.map((memory) => ({
    slot: memory.slot,
    ip: slotAddress(spec.network.firstAddress, memory.slot),
    memory,
    agent: freshAgent(input, memory.task),
  }));
  const etcd = viewEtcd(ofLineage(located, lineage));
  const empty = spec.suspend || isDeleted(input);
  const facts = { lineage, recovery, members: etcd.members };
  const all = located.map(({ slot, ip, memory, agent }) => {
    const { task } = memory;
    const failing = isFailing(agent, task, input.now);
    const astray = isAstray(memory, spec);
    const holder = { agent, memberId: memory.memberId, failing };
    return {
      slot,
      ip,
      wanted: slot < spec.replicas,
      memory,
      task,
      observedTask: task ? (known?.tasks.get(task.taskId) ?? null) : null,
      agent,
      member: memberOfSlot(etcd.members, slot, ip),
      leads: etcd.leader?.slot === slot,
      outdated: task !== null && task.templateHash !== hash,
      failing,
      // Without a quorum, data on another machine may be what is missing for one.
      standing: astray && etcd.members === null ? "unknown" : dataStanding(holder, facts),
      astray,
    };
  });
  // A slot that was scaled away and left nothing behind is no node any more.
  const nodes = all.filter(
    (n) => n.wanted || n.task !== null || n.member !== null || n.memory.memberId !== null,
  );
  const usable = mesos.freshness === "fresh" && mesos.value.reconciled ? mesos.value : null;
  return { ref: cluster.metadata, spec, image, nodes, etcd, lineage, mesos: usable, empty };
}

/** Nobody has told it yet what to do: from then on its data is where it runs. */
function isAstray(slot: SlotMemory, spec: ClusterSpec): boolean {
  const home = dataHome(slot, spec);
  const { task, memberId } = slot;
  if (home === null || task === null || memberId === null) return false;
  return task.order === null && !isHome(home, task);
}

/**
 * Its agent waits to be told how to run etcd, or runs one that is no use any more: its member was
 * removed, or it cannot start on the data it has. That one takes an order too.
 */
export function takesOrders({ agent, task, standing }: NodeView): boolean {
  if (agent === null || task === null || task.killRequestedAt !== null) return false;
  if (agent.phase !== "running") return agent.phase === "awaiting-order";
  if (agent.units.etcd.state === "exited") return true;
  return standing === "stale" && !followsLeader(agent.etcd);
}

export function isDeleted(input: PlanInput): boolean {
  return input.memory.fileRemoved && input.memory.cluster.spec.deletionPolicy === "Delete";
}

function freshAgent(input: PlanInput, task: SlotTask | null): AgentStatus | null {
  if (task === null) return null;
  const source = input.observed.agents.get(task.taskId);
  return source?.freshness === "fresh" ? source.value : null;
}
