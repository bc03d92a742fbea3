/** Each agent that waits is told how to run etcd, or is left waiting when nothing is safe yet. */
import type { AgentOrder, EtcdOrder } from "../../model/agent-api.ts";
import { memberNameOf, peerUrl } from "../../model/ids.ts";
import type { ClusterSecrets } from "../../model/memory.ts";
import type { Draft } from "../draft.ts";
import { type ClusterView, isForeign, type NodeView, takesOrders } from "../view.ts";

export function orderAgents(view: ClusterView, secrets: ClusterSecrets, draft: Draft): void {
  for (const node of view.nodes) {
    if (node.task === null || !takesOrders(node)) continue;
    const etcd = chooseOrder(node, view, draft);
    if (etcd === null) continue;
    const orderId = [node.task.taskId, etcd.mode, etcd.mode === "join" ? etcd.memberId : ""]
      .filter(Boolean)
      .join(":");
    if (node.task.order?.orderId !== orderId) {
      draft.patchTask(node.slot, { order: { orderId, etcd } });
      // From now on the slot's data is there.
      draft.patchSlot(node.slot, { lastAgentId: node.task.agentId });
    }
    const order: AgentOrder = {
      orderId,
      etcd,
      jupyter: {
        token: view.spec.jupyter.auth === "none" ? "" : secrets.jupyterToken,
        cookieSecret: secrets.cookieSecret,
      },
    };
    const { slot, ip } = node;
    draft.act({ type: "OrderAgent", slot, taskId: node.task.taskId, ip, order });
  }
}

function chooseOrder(node: NodeView, view: ClusterView, draft: Draft): EtcdOrder | null {
  const { bootstrap } = draft;
  if (bootstrap === null) return null;
  const memberName = memberNameOf(node.slot);
  const data = node.agent?.data;
  if (bootstrap.phase === "started") {
    if (data?.state === "present") return { mode: "resume", memberName, clusterId: null };
    if (data?.state !== "empty" || !bootstrap.slots.includes(node.slot)) return null;
    const first = view.nodes.filter((n) => bootstrap.slots.includes(n.slot));
    return {
      mode: "bootstrap",
      memberName,
      token: bootstrap.token,
      initialCluster: Object.fromEntries(first.map((n) => [memberNameOf(n.slot), peerUrl(n.ip)])),
    };
  }
  const { clusterId } = bootstrap;
  if (canResume(node, view, clusterId)) return { mode: "resume", memberName, clusterId };
  return joinOrder(node, view, clusterId);
}

/**
 * Data of this lineage resumes, unless a quorum says that its member was removed. While no quorum
 * can be asked it resumes too: that is how a cluster whose containers all died comes back.
 */
export function canResume(node: NodeView, view: ClusterView, clusterId: string): boolean {
  const data = node.agent?.data;
  if (data?.state !== "present") return false;
  if (data.clusterId !== null && data.clusterId !== clusterId) return false;
  if (view.etcd.members === null || data.memberId === null) return true;
  return view.etcd.members.some((m) => m.id === data.memberId);
}

/** Only a member that was added for this very join, and never started, may be started empty. */
function joinOrder(node: NodeView, view: ClusterView, clusterId: string): EtcdOrder | null {
  const { member } = node;
  if (member === null || view.etcd.members === null || !isUnusedLearner(node)) return null;
  if (isForeign(node, clusterId)) return null;
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
  return member.id !== node.memory.spentMemberId;
}
