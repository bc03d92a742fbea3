/** The status of the object, from the same view that the decisions were made on. */
import { clientUrl, nodeName } from "../../model/ids.ts";
import type { HostsTable } from "../../model/naming.ts";
import type { ClusterMemory } from "../../model/memory.ts";
import { lastKnown, type Observed } from "../../model/observed.ts";
import type { RebalanceStatus } from "../../model/rebalance.ts";
import type { ClusterStatus, ConditionType, NodePhase, NodeStatus } from "../../model/resource.ts";
import { notReadyReasons, tableInForce } from "../health/readiness.ts";
import { kernelSummaries } from "../kernels/kernels-now.ts";
import { operationStatus } from "../operations/operation-status.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import { timestamp } from "../timestamp.ts";
import { waitsFor } from "../update/rebalance.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";

export function buildStatus(
  view: ClusterView,
  observed: Observed,
  plan: PlanBuilder,
): ClusterStatus {
  const { memory } = plan;
  const { spec, ref } = view;
  const table = tableInForce(view) ?? newestTable(view);
  const nodes = view.nodes.map((n) => nodeStatus(n, view, table, plan));
  const { leader } = view.etcd;
  const leads = nodes.find((n) => n.leader && n.name === nodeName(ref.name, 0));
  const snapshots = lastKnown(observed.snapshots) ?? [];
  return {
    observedGeneration: memory.generation,
    phase: clusterPhase(memory),
    replicas: spec.replicas,
    readyReplicas: nodes.filter((n) => n.ready && n.phase !== "Standby").length,
    leader: leads?.name ?? null,
    nodes,
    etcd: {
      clusterId: view.clusterId,
      leaderId: leader?.memberId ?? null,
      raftTerm: leader?.term ?? null,
      version: leader?.health.version ?? null,
      revision: leader?.health.revision ?? null,
      recoveries: memory.recovery.epoch,
    },
    backup: { count: snapshots.length, last: snapshots.at(-1) ?? null },
    lastRecovery: memory.recovery.last,
    rebalance: rebalanceStatus(view, plan),
    operations: memory.operations.map((operation) => operationStatus(operation, view, plan)),
    endpoints: {
      jupyter: `http://${spec.proxy.address}:${spec.proxy.port}/`,
      ssh: nodes.map((n) => `${spec.ssh.user}@${n.ip}`),
      // A learner refuses whoever asks it for more than its own state.
      etcd: nodes.filter((n) => !n.etcd?.isLearner).map((n) => clientUrl(n.ip, spec.etcd)),
    },
    elections: memory.elections,
    kernels: kernelSummaries(view, memory.kernels, nodes),
    conditions: memory.conditions,
    lastErrors: memory.lastErrors,
    lastOperation: memory.lastOperation,
  };
}

function rebalanceStatus(view: ClusterView, plan: PlanBuilder): RebalanceStatus | null {
  const { rebalance } = plan.memory;
  if (rebalance === null) return null;
  const { requestedAt, preview, moves, end } = rebalance;
  return {
    requestedAt: timestamp(requestedAt),
    preview,
    state: end?.outcome ?? "Processing",
    endedAt: end && timestamp(end.at),
    moves,
    message: end?.message ?? waitsFor(view, plan),
  };
}

/** While no leader has written one, the newest table that a node shows still tells the names. */
function newestTable(view: ClusterView): HostsTable | null {
  const tables = view.nodes.map((n) => n.agent?.hosts).filter((t) => t != null);
  return tables.sort((a, b) => b.term - a.term)[0] ?? null;
}

function nodeStatus(
  node: NodeView,
  view: ClusterView,
  table: HostsTable | null,
  plan: PlanBuilder,
): NodeStatus {
  const lacks = notReadyReasons(node, view);
  const index = table?.names.find((n) => n.slot === node.slot)?.index;
  const etcd = node.agent?.etcd ?? null;
  return {
    name: index === undefined ? null : nodeName(view.ref.name, index),
    slot: node.slot,
    ip: node.ip,
    phase: nodePhase(node, lacks, plan.now),
    leader: node.leads,
    ready: lacks.length === 0,
    taskId: node.task?.taskId ?? null,
    launchedAt: node.task && timestamp(node.task.launchedAt),
    version: node.agentVersion?.release ?? null,
    container: node.observedTask?.container ?? null,
    agentId: node.task?.agentId ?? null,
    hostname: node.task?.hostname ?? null,
    restarts: node.memory.restarts,
    message: plan.launchBlockers.get(node.slot) ?? nodeMessage(lacks, node),
    etcd: etcd && {
      memberId: etcd.memberId,
      isLearner: etcd.isLearner,
      raftTerm: etcd.raftTerm,
      raftIndex: etcd.raftIndex,
      dbSizeBytes: etcd.dbSizeBytes,
    },
    jupyterReady: node.agent?.units.jupyter.ready ?? false,
    sshReady: node.agent?.units.sshd.ready ?? false,
  };
}

/** What it lacks, and what its agent says of why. */
function nodeMessage(lacks: readonly string[], { agent }: NodeView): string {
  return [...new Set([...lacks, ...(agent?.problems ?? [])])].join(", ");
}

function nodePhase(node: NodeView, lacks: readonly string[], now: number): NodePhase {
  const { task, agent } = node;
  if (task === null) return node.memory.notBefore > now ? "BackOff" : "Pending";
  if (task.killRequestedAt !== null) return "Stopping";
  if (task.unreachableSince !== null) return "Unreachable";
  if (node.observedTask?.state !== "TASK_RUNNING") return "Launching";
  if (lacks.length === 0) return node.spare ? "Standby" : "Running";
  return agent?.etcd?.isLearner ? "Joining" : "Starting";
}

function clusterPhase(memory: ClusterMemory): ClusterStatus["phase"] {
  const is = (type: ConditionType) =>
    memory.conditions.some((c) => c.type === type && c.status === "True");
  if (is("Ready")) return is("Progressing") ? "Progressing" : "Ready";
  if (is("Suspended")) return "Suspended";
  if (memory.firstReadyAt !== null) return is("Degraded") ? "Degraded" : "Progressing";
  return memory.slots.some((s) => s.task !== null) ? "Creating" : "Pending";
}
