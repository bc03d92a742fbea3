/** Each agent that waits is told how to start etcd, or is left waiting when nothing is safe yet. */
import type { EtcdStart } from "../../model/agent-api.ts";
import { bootstrapClusterId } from "../../model/bootstrap-ids.ts";
import { memberNameOf } from "../../model/ids.ts";
import type { BootstrapMemory, SlotTask } from "../../model/memory.ts";
import { resumeCommandId } from "../../model/standing-resume.ts";
import {
  type Bootstrapping,
  initialCluster,
  lostBootstrapData,
} from "../bootstrap/initial-members.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import { newMemberId } from "../tasks/apply-task-statuses.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { losesItsVote } from "../view/spare-slot.ts";
import { takesStartCommand } from "../view/takes-start-command.ts";
import { isUnusedLearner } from "./change-members.ts";
import { giveStartCommand } from "./give-start-command.ts";

export function startEtcd({ view }: PlanContext, plan: PlanBuilder): void {
  const { bootstrap } = plan.memory;
  if (bootstrap === null) return;
  for (const node of view.nodes) {
    if (node.task === null || !takesStartCommand(node)) continue;
    const etcd = chooseCommand(node, bootstrap, view);
    if (etcd === null) continue;
    const commandId = commandIdOf(node.task, etcd);
    // It does what it was told already, as far as it can.
    if (node.agent?.phase === "running" && node.agent.commandId === commandId) continue;
    giveStartCommand(node, { commandId, etcd }, plan);
  }
}

function commandIdOf({ taskId }: SlotTask, etcd: EtcdStart): string {
  if (etcd.mode === "resume") return resumeCommandId(taskId);
  return [taskId, etcd.mode, ...(etcd.mode === "join" ? joined(etcd) : [])].join(":");
}

/** etcd joins only those whom it was told to join: when they change before it has, it is told anew. */
function joined({ memberId, initialCluster }: Extract<EtcdStart, { mode: "join" }>): string[] {
  return [memberId, Object.keys(initialCluster).toSorted().join("+")];
}

function chooseCommand(
  node: NodeView,
  bootstrap: BootstrapMemory,
  view: ClusterView,
): EtcdStart | null {
  if (bootstrap.phase === "started") return bootstrapCommand(node, bootstrap, view);
  const { clusterId } = bootstrap;
  if (losesItsVote(node, view.etcd)) return null;
  if (node.dataOwnership === "own") {
    const memberName = memberNameOf(node.slot);
    const waits = node.agent?.phase === "awaiting-start";
    return waits ? { mode: "resume", memberName, clusterId } : null;
  }
  return lateBootstrap(node, view, clusterId) ?? joinCommand(node, view, clusterId);
}

function bootstrapCommand(
  node: NodeView,
  bootstrap: Bootstrapping,
  view: ClusterView,
): EtcdStart | null {
  const memberName = memberNameOf(node.slot);
  const data = node.agent?.data;
  if (data?.state === "present") return { mode: "resume", memberName, clusterId: null };
  if (data?.state !== "empty" || !bootstrap.slots.includes(node.slot)) return null;
  if (lostBootstrapData(node, bootstrap)) return null;
  const { token } = bootstrap;
  return { mode: "bootstrap", memberName, token, initialCluster: initialCluster(view, bootstrap) };
}

/**
 * The cluster has formed without this first member, whose command was lost on the way, and its
 * quorum is lost now: the member has taken part in nothing yet, and may do as it was to be told.
 */
function lateBootstrap(
  { task, agent, memory }: NodeView,
  view: ClusterView,
  clusterId: string,
): EtcdStart | null {
  const etcd = task?.startCommand?.etcd;
  if (view.etcd.members !== null || etcd?.mode !== "bootstrap") return null;
  if (agent?.phase !== "awaiting-start" || agent.data.state !== "empty") return null;
  const memberId = newMemberId(etcd);
  if (memory.memberId !== memberId || memory.retiredMemberId === memberId) return null;
  return bootstrapClusterId(etcd.initialCluster, etcd.token) === clusterId ? etcd : null;
}

function joinCommand(node: NodeView, view: ClusterView, clusterId: string): EtcdStart | null {
  const { member } = node;
  if (member === null || view.etcd.members === null || !isUnusedLearner(node)) return null;
  if (node.dataOwnership === "foreign") return null;
  const others = view.etcd.members.filter((m) => m.name !== "");
  const urls = others.map((m) => [m.name, m.peerUrls[0] ?? ""] as const);
  const memberName = memberNameOf(node.slot);
  return {
    mode: "join",
    memberName,
    memberId: member.id,
    clusterId,
    initialCluster: Object.fromEntries([...urls, [memberName, node.peerUrl]]),
  };
}
