/** What has to be so before a step is taken (plan.ts). */
import type { EtcdMember } from "../model/agent-api.ts";
import type { Leader } from "../model/leader.ts";
import type { Observed, ObservedMesos } from "../model/observed.ts";
import type { SnapshotInfo } from "../model/snapshot.ts";
import { isJobRunning } from "./jobs.ts";
import { isVoteChanging } from "./membership/vote-change.ts";
import type { Guard, PlanContext } from "./step.ts";
import type { ClusterView } from "./view/cluster-view.ts";
import type { EtcdView } from "./view/etcd-view.ts";

export interface QuorateContext extends PlanContext {
  readonly view: ClusterView & {
    readonly etcd: EtcdView & { readonly leader: Leader; readonly members: readonly EtcdMember[] };
  };
}

/** A quorum confirms the membership. */
export function quorate(context: PlanContext): context is QuorateContext {
  const { leader, members } = context.view.etcd;
  return leader !== null && members !== null;
}

export interface ReconciledContext extends PlanContext {
  readonly view: ClusterView & { readonly mesos: ObservedMesos };
}

/** Mesos has answered for every remembered task: what it does not tell of is not there. */
export function reconciled(context: PlanContext): context is ReconciledContext {
  return context.view.mesos !== null;
}

export interface SnapshotsContext extends PlanContext {
  readonly observed: Observed & {
    readonly snapshots: { readonly freshness: "fresh"; readonly value: readonly SnapshotInfo[] };
  };
}

/** The list of snapshots can be read: one that is not in it is not there. */
export function snapshotsListed(context: PlanContext): context is SnapshotsContext {
  return context.observed.snapshots.freshness === "fresh";
}

/** The cluster is neither suspended nor deleted. */
export const desiredRunning: Guard = ({ view }) => !view.desiredStopped;

/** etcd was formed once; what it lacks is mended, and it is never formed again. */
export const bootstrapped: Guard = (_, { memory }) => memory.bootstrap?.phase === "done";

/** One slot begins etcd anew; until a quorum confirms it there is nothing to join or to resume. */
export const recovering: Guard = (_, { memory }) => memory.recovery.inProgress !== null;

/** A person wants another state of etcd, and it is not begun yet. */
export const restoreRequested: Guard = (_, { memory }) => memory.recovery.requested !== null;

/** The cluster is to run, with the etcd that it has or is to have. */
export const running: Guard = (context, plan) =>
  desiredRunning(context, plan) && !restoreRequested(context, plan);

/** One change a reconcile: the next is decided on the membership that came of it. */
export const changesMembership: Guard = (_, plan) => plan.changesMembership;

/**
 * No member is away or on its way for a reason of ours. One that is being defragmented does not answer, and a
 * vote of which nobody knows whether it was changed yet may be one that is counted on.
 */
export const atRest: Guard = ({ observed }, plan) =>
  !isJobRunning("Defragment", observed) && !plan.changesMembership && !isVoteChanging(plan);

/** Without it, updates wait until a person kills the containers. */
export const updatesByItself: Guard = ({ view }) => view.spec.updateStrategy === "RollingUpdate";
