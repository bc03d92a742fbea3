/** The cluster begins anew from one slot: the decision, and its end. */
import { bootstrapClusterId, bootstrapMemberId } from "../../model/bootstrap-ids.ts";
import { memberNameOf, peerUrl } from "../../model/ids.ts";
import type { Reseed } from "../../model/memory.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";
import type { Draft } from "../plan-builder.ts";
import type { PlanInput } from "../input.ts";
import { formingClusterId } from "../bootstrap/initial-members.ts";
import { seedOrderId } from "./recovery-slot.ts";
import { timestamp } from "../timestamp.ts";
import type { ClusterView, NodeView } from "../view/cluster-view.ts";

export type Choice =
  | { readonly from: "survivor"; readonly seed: NodeView }
  | { readonly from: "snapshot"; readonly seed: NodeView; readonly snapshot: SnapshotInfo }
  | { readonly from: "nothing"; readonly seed: NodeView };

/** From here on no other member of the former time may resume, whatever happens. */
export function beginReseed(
  choice: Choice,
  view: ClusterView,
  input: PlanInput,
  draft: Draft,
): void {
  const { epoch, abandoned } = draft.recovery;
  const { bootstrap } = draft;
  const forming = bootstrap?.phase === "started" ? formingClusterId(view, bootstrap) : null;
  const former = view.lineage ?? forming;
  const reseed = decide(choice, view, `${input.memory.uid}-${epoch + 1}`, draft.now);
  const given = former !== null && former !== reseed.clusterId ? [former] : [];
  draft.bootstrap = { phase: "done", clusterId: reseed.clusterId };
  draft.recover({
    epoch: epoch + 1,
    reseed,
    lostSince: null,
    requested: null,
    unconfirmed: null,
    abandoned: [...new Set([...abandoned, ...given])],
    lastSeen: newestSeen(view, draft),
  });
  for (const { slot } of draft.slots) {
    const memberId = slot === reseed.slot ? memberIdOf(reseed, choice.seed) : null;
    // What lies on the machines is of no use any more: any machine will do.
    const anywhere = choice.from === "survivor" ? {} : { lastAgentId: null, lastHostname: null };
    draft.patchSlot(slot, { memberId, isLearner: false, ...anywhere });
  }
  draft.event("Warning", "RecoveryBegun", begins(reseed));
}

function decide(choice: Choice, view: ClusterView, token: string, since: number): Reseed {
  const { slot, ip, agent } = choice.seed;
  if (choice.from === "survivor") {
    const data = agent?.data;
    if (data?.state !== "present" || view.lineage === null || data.memberId === null) {
      throw new Error(`slot ${slot} is no survivor`);
    }
    const { memberId } = data;
    const former = view.nodes.flatMap((n) =>
      n.memory.memberId === null || n.memory.isLearner
        ? []
        : { slot: n.slot, memberId: n.memory.memberId },
    );
    return { from: "survivor", slot, since, clusterId: view.lineage, memberId, former };
  }
  const clusterId = bootstrapClusterId({ [memberNameOf(slot)]: peerUrl(ip) }, token);
  const common = { slot, since, clusterId, token };
  if (choice.from === "nothing") return { from: "nothing", ...common };
  return { from: "snapshot", snapshot: choice.snapshot, ...common };
}

function memberIdOf(reseed: Reseed, seed: NodeView): string {
  if (reseed.from === "survivor") return reseed.memberId;
  return bootstrapMemberId(peerUrl(seed.ip), reseed.token);
}

function newestSeen(view: ClusterView, draft: Draft) {
  const { lastSeen } = draft.recovery;
  const now = Math.max(0, ...view.nodes.map((n) => n.agent?.etcd?.revision ?? 0));
  return now > (lastSeen?.revision ?? 0) ? { revision: now, at: draft.now } : lastSeen;
}

function begins(reseed: Reseed): string {
  const { slot } = reseed;
  switch (reseed.from) {
    case "survivor":
      return `slot ${slot} has the newest data left and goes on alone; the others join it anew`;
    case "snapshot":
      return (
        `snapshot ${reseed.snapshot.id} (revision ${reseed.snapshot.revision}) is restored in ` +
        `slot ${slot}; the others join it anew`
      );
    case "nothing":
      return `a new and empty etcd cluster begins in slot ${slot}, as it was asked for`;
  }
}

/** A quorum has spoken: what came of the new beginning is told, once. */
export function finishReseed(view: ClusterView, reseed: Reseed, draft: Draft): void {
  const { leader } = view.etcd;
  if (leader === null) return;
  if (leader.slot !== reseed.slot) return reconsider(view, reseed, draft);
  const lastSeenRevision = draft.recovery.lastSeen?.revision ?? null;
  const { revision } = leader.health;
  const message = describeOutcome(reseed, revision, lastSeenRevision);
  draft.recover({
    reseed: null,
    // Revisions may have gone back: what was seen before says nothing of what is now.
    lastSeen: { revision, at: draft.now },
    last: {
      at: timestamp(draft.now),
      from: reseed.from,
      slot: reseed.slot,
      snapshotId: reseed.from === "snapshot" ? reseed.snapshot.id : null,
      revision: reseed.from === "snapshot" ? reseed.snapshot.revision : revision,
      lastSeenRevision,
      message,
    },
  });
  draft.event("Warning", "Recovered", message);
}

/**
 * The former quorum is back, say because a person brought data back, before the survivor was told
 * to go on alone: then it is not.
 */
function reconsider(view: ClusterView, reseed: Reseed, draft: Draft): void {
  const agent = view.nodes.find((n) => n.slot === reseed.slot)?.agent ?? null;
  if (reseed.from !== "survivor" || agent === null) return;
  if (agent.orderId === seedOrderId(draft.recovery)) return;
  draft.recover({ reseed: null });
  draft.event("Normal", "QuorumBack", "the former members have a quorum again; it goes on");
}

function describeOutcome(reseed: Reseed, revision: number, lastSeen: number | null): string {
  const seen = lastSeen === null ? "" : ` (the last revision seen was ${lastSeen})`;
  switch (reseed.from) {
    case "survivor":
      return (
        `Slot ${reseed.slot} goes on with its data at revision ${revision}${seen}. Lost is at most ` +
        "what only members whose data is gone had acknowledged."
      );
    case "snapshot":
      return (
        `Snapshot ${reseed.snapshot.id} of ${reseed.snapshot.takenAt} is restored: everything up ` +
        `to revision ${reseed.snapshot.revision} is there, what was written later is lost${seen}.`
      );
    case "nothing":
      return `A new and empty etcd cluster was begun; all earlier keys are lost${seen}.`;
  }
}
