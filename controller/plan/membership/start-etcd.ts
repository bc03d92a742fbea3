/** Each agent that waits is told how to run etcd, or is left waiting when nothing is safe yet. */
import type { AgentOrder, EtcdOrder } from "../../model/agent-api.ts";
import { bootstrapClusterId, bootstrapMemberId } from "../../model/bootstrap-ids.ts";
import { memberNameOf, peerUrl } from "../../model/ids.ts";
import type { SlotTask } from "../../model/memory.ts";
import type { Draft } from "../plan-builder.ts";
import { hasForgotten, initialCluster } from "../bootstrap/initial-members.ts";
import type { PlanInput } from "../input.ts";
import { type ClusterView, type NodeView, takesOrders } from "../view/cluster-view.ts";
import { prepareSeed, seedOrderId } from "../recovery/recovery-slot.ts";

type TaskOrder = NonNullable<SlotTask["order"]>;

export function orderAgents(view: ClusterView, input: PlanInput, draft: Draft): void {
  const { secrets } = input.memory;
  const { reseed } = draft.recovery;
  if (reseed !== null) {
    // One slot begins anew. Until a quorum confirms it there is nothing to join or to resume.
    const seed = view.nodes.find((n) => n.slot === reseed.slot);
    if (seed === undefined) return;
    const etcd = prepareSeed(seed, reseed, input, draft);
    if (etcd !== null) giveOrder(seed, { orderId: seedOrderId(draft.recovery), etcd }, draft);
    return;
  }
  for (const node of view.nodes) {
    if (node.task === null || !takesOrders(node)) continue;
    const etcd = chooseOrder(node, view, draft);
    if (etcd === null) continue;
    const orderId = [node.task.taskId, etcd.mode, etcd.mode === "join" ? etcd.memberId : ""]
      .filter(Boolean)
      .join(":");
    giveOrder(node, { orderId, etcd }, draft);
  }

  function giveOrder(node: NodeView, { orderId, etcd }: TaskOrder, into: Draft): void {
    const { slot, ip, task } = node;
    if (task === null) return;
    if (task.order?.orderId !== orderId) {
      into.patchTask(slot, { order: { orderId, etcd }, etcdFailingSince: null });
      // From now on the slot's data is there.
      const { agentId: lastAgentId, hostname: lastHostname } = task;
      into.patchSlot(slot, { lastAgentId, lastHostname });
    }
    const order: AgentOrder = {
      orderId,
      etcd,
      jupyter: {
        token: view.spec.jupyter.auth === "none" ? "" : secrets.jupyterToken,
        cookieSecret: secrets.cookieSecret,
      },
    };
    into.act({ type: "OrderAgent", slot, taskId: task.taskId, ip, order });
  }
}

function chooseOrder(node: NodeView, view: ClusterView, draft: Draft): EtcdOrder | null {
  const { bootstrap } = draft;
  if (bootstrap === null) return null;
  const memberName = memberNameOf(node.slot);
  const data = node.agent?.data;
  const waits = node.agent?.phase === "awaiting-order";
  if (bootstrap.phase === "started") {
    if (data?.state === "present") return { mode: "resume", memberName, clusterId: null };
    if (data?.state !== "empty" || !bootstrap.slots.includes(node.slot)) return null;
    if (hasForgotten(node, bootstrap)) return null;
    return {
      mode: "bootstrap",
      memberName,
      token: bootstrap.token,
      initialCluster: initialCluster(view, bootstrap),
    };
  }
  const { clusterId } = bootstrap;
  if (node.standing === "own") return waits ? { mode: "resume", memberName, clusterId } : null;
  return lateBootstrap(node, view, clusterId) ?? joinOrder(node, view, clusterId);
}

/**
 * The cluster has formed without this first member, whose order was lost on the way, and its quorum
 * is lost now: the member has taken part in nothing yet, and may do as it was to be told.
 */
function lateBootstrap(
  { task, agent, memory }: NodeView,
  view: ClusterView,
  clusterId: string,
): EtcdOrder | null {
  const etcd = task?.order?.etcd;
  if (view.etcd.members !== null || etcd?.mode !== "bootstrap") return null;
  if (agent?.phase !== "awaiting-order" || agent.data.state !== "empty") return null;
  const memberId = bootstrapMemberId(etcd.initialCluster[etcd.memberName] ?? "", etcd.token);
  if (memory.memberId !== memberId || memory.spentMemberId === memberId) return null;
  return bootstrapClusterId(etcd.initialCluster, etcd.token) === clusterId ? etcd : null;
}

/** Only a member that was added for this very join, and never started, may be started empty. */
function joinOrder(node: NodeView, view: ClusterView, clusterId: string): EtcdOrder | null {
  const { member } = node;
  if (member === null || view.etcd.members === null || !isUnusedLearner(node)) return null;
  if (node.standing === "foreign") return null;
  const others = view.etcd.members.filter((m) => m.name !== "");
  const urls = others.map((m) => [m.name, m.peerUrls[0] ?? ""] as const);
  const memberName = memberNameOf(node.slot);
  return {
    mode: "join",
    memberName,
    memberId: member.id,
    clusterId,
    initialCluster: Object.fromEntries([...urls, [memberName, peerUrl(node.ip)]]),
  };
}

export function isUnusedLearner(node: NodeView): boolean {
  const { member } = node;
  if (member === null || !member.isLearner || member.name !== "") return false;
  // An etcd that fails with an earlier member's data has not tried this one yet.
  const tried = node.task?.order?.etcd;
  const failed = node.failing && tried?.mode === "join" && tried.memberId === member.id;
  return member.id !== node.memory.spentMemberId && !failed;
}
