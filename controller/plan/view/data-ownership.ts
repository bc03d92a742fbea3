/**
 * What a slot's data is to the cluster: the one place that decides who may resume and who is wiped.
 */
import type { AgentStatus, EtcdMember } from "../../model/agent-api.ts";
import type { RecoveryMemory } from "../../model/recovery-memory.ts";

/**
 * - `unknown`: nobody can say: its agent is out of sight, or its etcd is about to make some;
 * - `empty`: there is none;
 * - `own`: of a member of this cluster, which resumes on it;
 * - `stale`: useless: of a member that was removed, of a cluster that was given up, or broken. It
 *   is wiped when its slot joins, and never before;
 * - `foreign`: of another cluster. It is never touched, a person decides (docs/ARCHITECTURE.md).
 */
export type DataOwnership = "unknown" | "empty" | "own" | "stale" | "foreign";

export interface Holder {
  readonly agent: AgentStatus | null;
  /** Of the slot's member, as a quorum last told it. */
  readonly memberId: string | null;
  readonly failing: boolean;
}

export interface ClusterFacts {
  /** Null: no cluster is formed yet that data could be foreign to. */
  readonly clusterId: string | null;
  readonly recovery: RecoveryMemory;
  /** As a quorum confirms them now; null: no quorum can be asked. */
  readonly members: readonly EtcdMember[] | null;
}

export function dataOwnership(holder: Holder, facts: ClusterFacts): DataOwnership {
  const { agent, failing } = holder;
  if (agent === null) return "unknown";
  const { data } = agent;
  // An etcd that has just been started has not written anything yet, or its agent has not looked.
  if (data.state === "empty") return isSettled(agent) ? "empty" : "unknown";
  if (data.state === "corrupt") return "stale";
  const { clusterId, recovery, members } = facts;
  if (clusterId === null) return "own";
  if (data.clusterId !== null && data.clusterId !== clusterId) {
    return recovery.abandoned.includes(data.clusterId) ? "stale" : "foreign";
  }
  if (members !== null) {
    const known = data.memberId === null || members.some((m) => m.id === data.memberId);
    return known && !failing ? "own" : "stale";
  }
  // Once the cluster was begun anew, an old member that resumed could find enough others of its
  // time for a quorum: a second cluster of the same id.
  return recovery.epoch === 0 || data.memberId === holder.memberId ? "own" : "stale";
}

/** No etcd is at work on the data directory. */
function isSettled({ phase, units }: AgentStatus): boolean {
  if (phase === "awaiting-start") return true;
  return units.etcd.state === "exited" || units.etcd.state === "backoff";
}
