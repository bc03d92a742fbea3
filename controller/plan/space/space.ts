/** How full the members' databases are, against the quota at which etcd takes no more writes. */
import type { EtcdHealth } from "../../model/agent-api.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";

const MIB = 2 ** 20;
/** Above this part of the quota, history and free pages are given back. */
const COMPACT_ABOVE = 0.75;
/** Below this part of the quota, the alarm can be taken back for good. */
const DISARM_BELOW = 0.9;
/** A database of which half is free pages is worth a defragmentation, once it is of some size. */
const DEFRAG_BELOW = 0.5;
const DEFRAG_FROM = 0.25;

export interface Space {
  readonly quotaBytes: number;
  /** Of the fullest member in sight. */
  readonly sizeBytes: number;
  readonly inUseBytes: number;
  readonly exhausted: boolean;
  /** Members whose etcd answers. */
  readonly members: readonly (NodeView & { readonly health: EtcdHealth })[];
}

export function viewSpace(view: ClusterView): Space {
  const members = view.nodes.flatMap((n) =>
    n.agent?.etcd && n.member ? { ...n, health: n.agent.etcd } : [],
  );
  return {
    quotaBytes: view.spec.etcd.quotaMiB * MIB,
    sizeBytes: Math.max(0, ...members.map((m) => m.health.dbSizeBytes)),
    inUseBytes: Math.max(0, ...members.map((m) => m.health.dbSizeInUseBytes)),
    exhausted: members.some((m) => m.health.alarms.some((a) => a.alarm === "NOSPACE")),
    members,
  };
}

export function needsCompaction({ inUseBytes, quotaBytes }: Space): boolean {
  return inUseBytes > COMPACT_ABOVE * quotaBytes;
}

export function canDisarm({ sizeBytes, quotaBytes }: Space): boolean {
  return sizeBytes < DISARM_BELOW * quotaBytes;
}

/** Free pages that are worth the pause of a defragmentation. */
export function needsDefrag(health: EtcdHealth, { quotaBytes, exhausted }: Space): boolean {
  const { dbSizeBytes, dbSizeInUseBytes } = health;
  if (exhausted && dbSizeBytes >= DISARM_BELOW * quotaBytes) {
    return dbSizeInUseBytes < DISARM_BELOW * dbSizeBytes;
  }
  return dbSizeBytes > DEFRAG_FROM * quotaBytes && dbSizeInUseBytes < DEFRAG_BELOW * dbSizeBytes;
}
