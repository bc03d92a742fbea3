/**
 * The one slot that begins the cluster anew: what its etcd is told. The command's id depends on
 * nothing but the decision, so that it is carried out once, whatever container it reaches and
 * however often.
 */
import type { AgentStatus, EtcdStart } from "../../model/agent-api.ts";
import { memberNameOf } from "../../model/ids.ts";
import type { RecoveryMemory, QuorumRecovery } from "../../model/recovery-memory.ts";
import type { Observed } from "../../model/observed.ts";
import { startJob } from "../jobs.ts";
import { giveStartCommand } from "../membership/give-start-command.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { NodeView } from "../view/node-view.ts";

export type SurvivorRecovery = QuorumRecovery & { readonly from: "survivor" };
export type SnapshotRecovery = QuorumRecovery & { readonly from: "snapshot" };

export function startRecoverySlot({ view, observed }: PlanContext, plan: PlanBuilder): void {
  const { inProgress } = plan.memory.recovery;
  const node = view.nodes.find((n) => n.slot === inProgress?.slot);
  if (inProgress === null || node === undefined) return;
  const etcd = recoveryCommand(node, inProgress, observed, plan);
  if (etcd === null) return;
  giveStartCommand(node, { commandId: recoveryCommandId(plan.memory.recovery), etcd }, plan);
}

function recoveryCommandId({ epoch, inProgress: recovery }: RecoveryMemory): string {
  return `recovery-${epoch}:${recovery?.from ?? "none"}:${recovery?.clusterId ?? ""}`;
}

/** Its etcd starts with the recovery's command, or runs by it. */
export function wasTold(agent: AgentStatus, recovery: RecoveryMemory): boolean {
  return agent.commandId === recoveryCommandId(recovery);
}

/** @returns null while the node cannot be told yet */
function recoveryCommand(
  { agent, task, slot, ip, peerUrl }: NodeView,
  recovery: QuorumRecovery,
  observed: Observed,
  plan: PlanBuilder,
): EtcdStart | null {
  if (agent === null || task === null || task.killRequestedAt !== null) return null;
  if (agent.phase === "stopping" || wasTold(agent, plan.memory.recovery)) return null;
  const memberName = memberNameOf(slot);
  const { clusterId } = recovery;
  if (recovery.from === "survivor") {
    const keeps = hasSurvivorData(agent, recovery);
    return keeps ? { mode: "force-new-cluster", memberName, clusterId } : null;
  }
  const alone = { memberName, initialCluster: { [memberName]: peerUrl } };
  const { token } = recovery;
  const command = { mode: "restore", ...alone, clusterId, token } as const;
  if (recovery.from === "nothing") return { ...command, snapshot: null };
  const { snapshot } = recovery;
  const { sha256, revision } = snapshot;
  if (!hasBegun(agent, recovery) && agent.snapshot?.sha256 !== sha256) {
    startJob({ type: "SendSnapshot", slot, ip, snapshot }, observed, plan);
    return null;
  }
  return { ...command, snapshot: { sha256, revision } };
}

/** The slot still has the data for which it was chosen. */
export function hasSurvivorData({ data }: AgentStatus, recovery: SurvivorRecovery): boolean {
  if (data.state !== "present" || data.clusterId !== recovery.clusterId) return false;
  return data.memberId === recovery.memberId;
}

/** The slot has data of the cluster that begins. */
export function hasBegun({ data }: AgentStatus, { clusterId }: SnapshotRecovery): boolean {
  return data.state === "present" && data.clusterId === clusterId;
}
