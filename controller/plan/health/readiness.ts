/** What a node still lacks, in words; nothing: it is ready. One list for status and decisions. */
import type { HostsTable } from "../../model/naming.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { ClusterView, NodeView } from "../view/cluster-view.ts";

/** When a node was first seen fully ready is history: its backoff counts from it. */
export function recordReadyNodes({ view }: PlanContext, plan: PlanBuilder): void {
  for (const node of view.nodes) {
    if (node.task === null || node.task.readyAt !== null) continue;
    if (notReadyReasons(node, view).length > 0) continue;
    plan.patchTask(node.slot, { readyAt: plan.now });
    plan.addEvent("Normal", "NodeReady", `slot ${node.slot} is ready`);
  }
}

/** Asked several times a reconcile, of a node that belongs to one view. */
const reasonsKnown = new WeakMap<NodeView, readonly string[]>();

export function notReadyReasons(node: NodeView, view: ClusterView): readonly string[] {
  const reasons = reasonsKnown.get(node) ?? findReasons(node, view);
  reasonsKnown.set(node, reasons);
  return reasons;
}

function findReasons(node: NodeView, view: ClusterView): readonly string[] {
  const own = ownFaults(node, view);
  const { agent } = node;
  if (agent === null || node.task === null) return own;
  const lacks = [...own];
  if (!sameTable(agent.hosts, tableInForce(view))) lacks.push("hosts table not current");
  const known = new Set(agent.sshKnownSlots);
  const desired = view.nodes.filter((n) => n.desired).map((n) => n.slot);
  const strange = desired.filter((slot) => !known.has(slot));
  if (strange.length > 0) lacks.push(`SSH keys of slots ${strange.join(", ")} unknown`);
  return lacks;
}

/** What is wrong with the node itself, apart from what it lacks because of others. */
export function ownFaults(node: NodeView, view: ClusterView): string[] {
  if (node.task === null) return ["no container"];
  if (node.observedTask?.state !== "TASK_RUNNING") return ["container not running"];
  const { agent } = node;
  if (agent === null) return ["agent not in sight"];
  const faults: string[] = [];
  if (node.dataOwnership === "foreign") faults.push("holds the data of another etcd cluster");
  else if (agent.etcd === null) faults.push("etcd not serving");
  else if (agent.etcd.isLearner) faults.push("etcd still a learner");
  else if (agent.etcd.leaderId === null) faults.push("etcd has no leader");
  else if (view.etcd.members !== null && node.member === null) faults.push("no etcd member");
  if (!agent.storage.ready) faults.push(`shared storage: ${agent.storage.message}`);
  if (!agent.units.sshd.ready) faults.push("sshd not ready");
  // A container of an older template may have been told otherwise, and never starts it.
  const needsJupyter = node.leads || (view.spec.jupyter.standby === "warm" && !node.outdated);
  if (needsJupyter && !agent.units.jupyter.ready) faults.push("Jupyter not ready");
  return faults;
}

/** The table that the leader itself applied, once it names the leader and every desired slot. */
export function tableInForce(view: ClusterView): HostsTable | null {
  const leader = view.nodes.find((n) => n.leads);
  const table = leader?.agent?.hosts ?? null;
  if (leader === undefined || table === null || table.leaderSlot !== leader.slot) return null;
  const named = new Set(table.names.map((n) => n.slot));
  const complete = view.nodes.every((n) => !n.desired || named.has(n.slot));
  return complete && named.size === view.spec.replicas ? table : null;
}

function sameTable(a: HostsTable | null, b: HostsTable | null): boolean {
  if (a === null || b === null || a.leaderSlot !== b.leaderSlot) return false;
  if (a.names.length !== b.names.length) return false;
  return a.names.every((n, i) => {
    const other = b.names[i];
    return other?.slot === n.slot && other.index === n.index && other.ip === n.ip;
  });
}
