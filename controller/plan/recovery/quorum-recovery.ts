/** The cluster begins anew from one slot: the decision, and its end. */
import { bootstrapClusterId, bootstrapMemberId } from "../../model/bootstrap-ids.ts";
import { memberNameOf } from "../../model/ids.ts";
import type { RecoveryMemory, QuorumRecovery } from "../../model/recovery-memory.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";
import { initialClusterId } from "../bootstrap/initial-members.ts";
import { allEnded, begun as begunOperation, BY_CONTROLLER, started } from "../operations/ledger.ts";
import type { End, Operations } from "../operations/ledger.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { QuorateContext } from "../guards.ts";
import { timestamp } from "../timestamp.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { wasTold } from "./recovery-slot.ts";

export type RecoverySource =
  | { readonly from: "survivor" }
  | { readonly from: "snapshot"; readonly snapshot: SnapshotInfo }
  | { readonly from: "nothing" };

/** From here on no other member of the former time may resume, whatever happens. */
export function beginQuorumRecovery(
  source: RecoverySource,
  node: NodeView,
  view: ClusterView,
  plan: PlanBuilder,
): void {
  const { bootstrap, recovery, uid, slots } = plan.memory;
  const bootstrapping = bootstrap?.phase === "started" ? initialClusterId(view, bootstrap) : null;
  const former = view.clusterId ?? bootstrapping;
  const epoch = recovery.epoch + 1;
  const begun = decide(source, node, view, { token: `${uid}-${epoch}`, since: plan.now });
  const given = former !== null && former !== begun.clusterId ? [former] : [];
  plan.updateMemory({ bootstrap: { phase: "done", clusterId: begun.clusterId } });
  plan.updateRecovery({
    epoch,
    inProgress: begun,
    lostSince: null,
    requested: null,
    pendingVoterChange: null,
    voteChange: null,
    abandoned: [...new Set([...recovery.abandoned, ...given])],
    lastSeen: newestSeen(view, recovery, plan.now),
  });
  for (const { slot } of slots) {
    const memberId = slot === begun.slot ? memberIdOf(begun, node) : null;
    // What lies on the machines is of no use any more: any machine will do.
    const anywhere = source.from === "survivor" ? {} : { lastAgentId: null, lastHostname: null };
    plan.patchSlot(slot, { memberId, isLearner: false, ...anywhere });
  }
  const description = describeBeginning(begun);
  const { operations } = plan.memory;
  plan.updateMemory({ operations: operationsAt(begun, description, recovery, operations) });
  plan.addEvent("Warning", "RecoveryBegun", description);
}

/** The one that a person asked for goes on; else it is the controller's own. */
function operationsAt(
  { slot, since: now, ...source }: QuorumRecovery,
  message: string,
  { requested, lostSince }: RecoveryMemory,
  before: Operations,
): Operations {
  const overtaken = { state: "Cancelled", message: "etcd was begun anew before it ended" } as const;
  const operations = allEnded(before, ["Restore", "Recover"], overtaken, now);
  const asked = operations.find((one) => one.kind === "Restore" && one.state === "Pending");
  if (requested !== null && asked !== undefined) {
    return started(operations, asked.number, { slot }, now);
  }
  const snapshot = source.from === "snapshot" ? source.snapshot : null;
  const wanted = { slot, message, snapshot, asker: BY_CONTROLLER, askedAt: lostSince ?? now };
  return begunOperation(operations, { ...wanted, kind: "Recover" }, now);
}

/** What is under way of it has ended. */
export function endRecoveryOperation(end: End, plan: PlanBuilder): void {
  const { operations } = plan.memory;
  const kinds = ["Restore", "Recover"] as const;
  plan.updateMemory({ operations: allEnded(operations, kinds, end, plan.now) });
}

function decide(
  source: RecoverySource,
  { slot, peerUrl, agent }: NodeView,
  view: ClusterView,
  { token, since }: { readonly token: string; readonly since: number },
): QuorumRecovery {
  if (source.from === "survivor") {
    const data = agent?.data;
    if (data?.state !== "present" || view.clusterId === null || data.memberId === null) {
      throw new Error(`slot ${slot} is no survivor`);
    }
    const { memberId } = data;
    const former = view.nodes.flatMap((n) =>
      n.memory.memberId === null || n.memory.isLearner
        ? []
        : { slot: n.slot, memberId: n.memory.memberId },
    );
    return {
      from: "survivor",
      slot,
      since,
      clusterId: view.clusterId,
      memberId,
      previousVoters: former,
    };
  }
  const clusterId = bootstrapClusterId({ [memberNameOf(slot)]: peerUrl }, token);
  return { ...source, slot, since, clusterId, token };
}

function memberIdOf(recovery: QuorumRecovery, { peerUrl }: NodeView): string {
  if (recovery.from === "survivor") return recovery.memberId;
  return bootstrapMemberId(peerUrl, recovery.token);
}

function newestSeen(view: ClusterView, { lastSeen }: RecoveryMemory, at: number) {
  const revision = Math.max(0, ...view.nodes.map((n) => n.agent?.etcd?.revision ?? 0));
  return revision > (lastSeen?.revision ?? 0) ? { revision, at } : lastSeen;
}

function describeBeginning(recovery: QuorumRecovery): string {
  const { slot } = recovery;
  switch (recovery.from) {
    case "survivor":
      return `slot ${slot} has the newest data left and goes on alone; the others join it anew`;
    case "snapshot":
      return (
        `snapshot ${recovery.snapshot.id} (revision ${recovery.snapshot.revision}) is restored in ` +
        `slot ${slot}; the others join it anew`
      );
    case "nothing":
      return `a new and empty etcd cluster begins in slot ${slot}, as it was asked for`;
  }
}

/** A quorum has spoken: what came of the new beginning is told, once. */
export function finishQuorumRecovery(
  { view }: QuorateContext,
  recovery: QuorumRecovery,
  plan: PlanBuilder,
): void {
  const { leader } = view.etcd;
  if (leader.slot !== recovery.slot) return yieldToFormerQuorum(view, recovery, plan);
  const lastSeenRevision = plan.memory.recovery.lastSeen?.revision ?? null;
  const { revision } = leader.health;
  const message = describeOutcome(recovery, revision, lastSeenRevision);
  plan.updateRecovery({
    inProgress: null,
    // Revisions may have gone back: what was seen before says nothing of what is now.
    lastSeen: { revision, at: plan.now },
    last: {
      at: timestamp(plan.now),
      from: recovery.from,
      slot: recovery.slot,
      snapshotId: recovery.from === "snapshot" ? recovery.snapshot.id : null,
      revision: recovery.from === "snapshot" ? recovery.snapshot.revision : revision,
      lastSeenRevision,
      message,
    },
  });
  endRecoveryOperation({ state: "Succeeded", message }, plan);
  plan.addEvent("Warning", "Recovered", message);
}

/**
 * The former quorum is back, say because a person brought data back, before the survivor was told
 * to go on alone: then it is not.
 */
function yieldToFormerQuorum(view: ClusterView, recovery: QuorumRecovery, plan: PlanBuilder): void {
  const agent = view.nodes.find((n) => n.slot === recovery.slot)?.agent ?? null;
  if (recovery.from !== "survivor" || agent === null) return;
  if (wasTold(agent, plan.memory.recovery)) return;
  plan.updateRecovery({ inProgress: null });
  const message = "the former members have a quorum again; it goes on";
  endRecoveryOperation({ state: "Cancelled", message }, plan);
  plan.addEvent("Normal", "QuorumBack", message);
}

function describeOutcome(
  recovery: QuorumRecovery,
  revision: number,
  lastSeen: number | null,
): string {
  const seen = lastSeen === null ? "" : ` (the last revision seen was ${lastSeen})`;
  switch (recovery.from) {
    case "survivor":
      return (
        `Slot ${recovery.slot} goes on with its data at revision ${revision}${seen}. Lost is at ` +
        "most what only members whose data is gone had acknowledged."
      );
    case "snapshot":
      return (
        `Snapshot ${recovery.snapshot.id} of ${recovery.snapshot.takenAt} is restored: everything ` +
        `up to revision ${recovery.snapshot.revision} is there, what was written later is ` +
        `lost${seen}.`
      );
    case "nothing":
      return `A new and empty etcd cluster was begun; all earlier keys are lost${seen}.`;
  }
}
