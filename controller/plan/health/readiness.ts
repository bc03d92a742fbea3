/**
 * What a node still lacks, in words; nothing: it is ready. Told apart: its own faults, and what it
 * lacks because of others. One list of each for status and decisions.
 */
import type { AgentStatus } from "../../model/agent-api.ts";
import type { HostsTable } from "../../model/naming.ts";
import { slotsText } from "../../model/slots-text.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import { unsupportedAgent } from "../update/unsupported-agent.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { isLearning } from "../view/spare-slot.ts";

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
const faultsKnown = new WeakMap<NodeView, readonly string[]>();
const reasonsKnown = new WeakMap<NodeView, readonly string[]>();

/**
 * Why the node itself does not serve as it should. What it lacks because another node is away is
 * that node's: a cluster of which one node is paused has all the others ready.
 */
export function notReadyReasons(node: NodeView, view: ClusterView): readonly string[] {
  const reasons = reasonsKnown.get(node) ?? findReasons(node, view);
  reasonsKnown.set(node, reasons);
  return reasons;
}

function findReasons(node: NodeView, view: ClusterView): readonly string[] {
  const faults = ownFaults(node, view);
  const { agent } = node;
  if (agent === null || node.task === null) return faults;
  if (node.spare) return [...faults, ...spareLacks(node)];
  const lacks = [...faults];
  if (isBehind(node, agent.hosts, view)) lacks.push(TABLE_LACKS);
  const sound = view.nodes.filter((n) => isNamed(n) && ownFaults(n, view).length === 0);
  return [...lacks, ...strangers(agent, sound)];
}

/** What it lacks because of whomever: nothing on any node, and the cluster has converged. */
export function unconvergedReasons(node: NodeView, view: ClusterView): readonly string[] {
  const faults = ownFaults(node, view);
  const { agent } = node;
  if (agent === null || node.task === null) return faults;
  if (node.spare) return [...faults, ...spareLacks(node)];
  const lacks = [...faults];
  if (!sameTable(agent.hosts, tableInForce(view))) lacks.push(TABLE_LACKS);
  return [...lacks, ...strangers(agent, view.nodes.filter(isNamed))];
}

/** It has no name, and nobody knows its keys, before it votes. No restart would mend what it lacks. */
function spareLacks(node: NodeView): readonly string[] {
  const etcd = node.agent?.etcd ?? null;
  if (etcd !== null && !etcd.isLearner) return ["etcd still a voter"];
  return etcd === null || isLearning(node) ? [] : ["etcd not known to the leader yet"];
}

/** It has a name, or is to have one. */
function isNamed({ desired, spare }: NodeView): boolean {
  return desired && !spare;
}

const TABLE_LACKS = "hosts table not current";

/** The leader has to name itself, and the others have to have what it applied. */
function isBehind(node: NodeView, hosts: HostsTable | null, view: ClusterView): boolean {
  if (hosts === null || !hosts.names.some((n) => n.slot === node.slot)) return true;
  const table = leadersTable(view);
  if (node.leads) return table === null;
  return table !== null && !sameTable(hosts, table);
}

function strangers(agent: AgentStatus, nodes: readonly NodeView[]): string[] {
  const known = new Set(agent.sshKnownSlots);
  const strange = nodes.filter(({ slot }) => !known.has(slot)).map(({ slot }) => slot);
  return strange.length > 0 ? [`SSH keys of ${slotsText(strange)} unknown`] : [];
}

/** What is wrong with the node itself, apart from what it lacks because of others. */
export function ownFaults(node: NodeView, view: ClusterView): readonly string[] {
  const faults = faultsKnown.get(node) ?? findFaults(node, view);
  faultsKnown.set(node, faults);
  return faults;
}

function findFaults(node: NodeView, view: ClusterView): readonly string[] {
  if (node.task === null) return ["no container"];
  if (node.observedTask?.state !== "TASK_RUNNING") return ["container not running"];
  const { agent } = node;
  const unsupported = unsupportedAgent(node, view);
  if (agent === null) return [unsupported ?? "agent not in sight"];
  const faults = unsupported === null ? [] : [unsupported];
  if (node.dataOwnership === "foreign") faults.push("holds the data of another etcd cluster");
  else if (agent.etcd === null) faults.push("etcd not serving");
  else if (agent.etcd.isLearner && !node.spare) faults.push("etcd still a learner");
  else if (agent.etcd.leaderId === null) faults.push("etcd has no leader");
  else if (view.etcd.members !== null && node.member === null) faults.push("no etcd member");
  if (!agent.storage.ready) faults.push(`shared storage: ${agent.storage.message}`);
  if (!agent.units.sshd.ready) faults.push("sshd not ready");
  // A container of an older template may have been told otherwise, and never starts it.
  const needsJupyter = node.leads || (view.spec.jupyter.standby === "warm" && !node.outdated);
  if (needsJupyter && !agent.units.jupyter.ready) faults.push("Jupyter not ready");
  return faults;
}

/** The table that the leader itself applied, once it names the leader. */
function leadersTable(view: ClusterView): HostsTable | null {
  const leader = view.nodes.find((n) => n.leads);
  const table = leader?.agent?.hosts ?? null;
  return leader === undefined || table?.leaderSlot !== leader.slot ? null : table;
}

/** That table, once it names every desired slot too. */
export function tableInForce(view: ClusterView): HostsTable | null {
  const table = leadersTable(view);
  if (table === null) return null;
  const named = new Set(table.names.map((n) => n.slot));
  const complete = view.nodes.every((n) => !isNamed(n) || named.has(n.slot));
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
