/**
 * Makes the one slot ready that begins the cluster anew, and says what its etcd is told. The order's
 * id depends on nothing but the decision, so that the order is carried out once, whatever container
 * it reaches and however often.
 */
import type { EtcdOrder } from "../../model/agent-api.ts";
import { memberNameOf, peerUrl } from "../../model/ids.ts";
import type { RecoveryMemory, Reseed } from "../../model/memory.ts";
import type { Draft } from "../plan-builder.ts";
import type { PlanInput } from "../input.ts";
import { startJob } from "../jobs.ts";
import type { NodeView } from "../view/cluster-view.ts";

export function seedOrderId({ epoch, reseed }: RecoveryMemory): string {
  return `reseed-${epoch}:${reseed?.from ?? "none"}:${reseed?.clusterId ?? ""}`;
}

/** @returns null while the seed cannot be told yet */
export function prepareSeed(
  seed: NodeView,
  reseed: Reseed,
  input: PlanInput,
  draft: Draft,
): EtcdOrder | null {
  const { agent, task } = seed;
  if (agent === null || task === null || task.killRequestedAt !== null) return null;
  // It has been told, and its etcd starts or runs.
  if (agent.phase === "stopping" || agent.orderId === seedOrderId(draft.recovery)) return null;
  const memberName = memberNameOf(seed.slot);
  const { clusterId } = reseed;
  if (reseed.from === "survivor") {
    return isSurvivor(seed, reseed) ? { mode: "force-new-cluster", memberName, clusterId } : null;
  }
  const alone = { memberName, initialCluster: { [memberName]: peerUrl(seed.ip) } };
  const { token } = reseed;
  const order = { mode: "restore", ...alone, clusterId, token } as const;
  if (reseed.from === "nothing") return { ...order, snapshot: null };
  const { sha256, revision } = reseed.snapshot;
  const begun = agent.data.state === "present" && agent.data.clusterId === clusterId;
  if (!begun && agent.snapshot?.sha256 !== sha256) {
    const { slot, ip } = seed;
    startJob({ type: "SendSnapshot", slot, ip, snapshot: reseed.snapshot }, input, draft);
    return null;
  }
  return { ...order, snapshot: { sha256, revision } };
}

/** It still has the data for which it was chosen. */
export function isSurvivor({ agent }: NodeView, reseed: Reseed & { from: "survivor" }): boolean {
  const data = agent?.data;
  if (data?.state !== "present" || data.clusterId !== reseed.clusterId) return false;
  return data.memberId === reseed.memberId;
}
