/**
 * Which node a proxy is to serve, from what the nodes say; how it is fenced is the gate's affair.
 */
import type { AgentStatus } from "../model/agent-api.ts";
import { findLeader, type LeaderCandidate } from "../model/leader.ts";
import type { TargetGate } from "./target-gate.ts";

/** Points it at the node that leads and serves, and takes away one that no longer does. */
export function followLeader(
  proxy: Pick<TargetGate, "assigned" | "isAsked" | "setTarget" | "dropTarget" | "doubtTarget">,
  nodes: readonly LeaderCandidate[],
  cluster: { readonly jupyterPort: number; readonly epoch: number },
): void {
  const target = proxy.assigned;
  const leader = findLeader(nodes);
  const node = nodes.find((n) => n.slot === leader?.slot);
  if (leader && node?.agent && answers(node.agent)) {
    const { jupyterPort: port, epoch } = cluster;
    proxy.setTarget({ ip: leader.ip, port, epoch, term: leader.term });
  } else if (target !== null && leader !== null && leader.ip !== target.ip) {
    // Deposed, whether it has heard of it or not: requests wait until the new leader serves.
    proxy.dropTarget(target.ip);
  } else if (target !== null && !serves(nodes, target.ip)) {
    // A new leader's agent finds, as the proxy does, that it has not taken up the kernels yet. Who is asked for
    // that is sent nobody, and the proxy asks more often: it may have heard of a later moment.
    if (leader !== null && node?.agent && isUp(node.agent)) proxy.doubtTarget(target.ip);
    else if (leader === null || !proxy.isAsked) proxy.dropTarget(target.ip);
  }
}

/** In sight, not deposed as far as it knows, and with Jupyter up. */
function serves(nodes: readonly LeaderCandidate[], ip: string): boolean {
  const agent = nodes.find((n) => n.ip === ip)?.agent;
  if (!agent?.etcd || !answers(agent)) return false;
  return agent.etcd.leaderId === null || agent.etcd.leaderId === agent.etcd.memberId;
}

/** It answers, if only that it is not ready. */
function isUp({ units: { jupyter } }: AgentStatus): boolean {
  return jupyter.pid !== null && jupyter.silent == null;
}

/**
 * Now, or when its turn has come: one thread does everything in Jupyter, and whoever waits for a big notebook to
 * be saved waits there as he would without a proxy. One that does not go on is killed by its agent.
 */
function answers({ units: { jupyter } }: AgentStatus): boolean {
  return jupyter.ready || (jupyter.pid !== null && jupyter.silent?.how === "unanswered");
}
