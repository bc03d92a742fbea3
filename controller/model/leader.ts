/** Which node leads etcd, from what the nodes themselves say. Pure; for planner and proxy alike. */
import type { AgentStatus, EtcdHealth } from "./agent-api.ts";

export interface LeaderCandidate {
  readonly slot: number;
  readonly ip: string;
  /** Null while the node is not in sight. */
  readonly agent: AgentStatus | null;
}

export interface Leader {
  readonly slot: number;
  readonly ip: string;
  /** Hex. */
  readonly memberId: string;
  readonly term: number;
  readonly health: EtcdHealth;
}

/**
 * A cluster that was given up, or is another's, may still run somewhere: its nodes have no say.
 *
 * @param clusterId of the one cluster that this may be; null: none is formed yet
 * @param abandoned ids of clusters that this is no more
 */
export function ofCluster<N extends LeaderCandidate>(
  nodes: readonly N[],
  clusterId: string | null,
  abandoned: readonly string[] = [],
): readonly N[] {
  const isOurs = (id: string) => (clusterId === null ? !abandoned.includes(id) : id === clusterId);
  return nodes.filter(({ agent }) => agent?.etcd == null || isOurs(agent.etcd.clusterId));
}

/**
 * The leader is the node that says so itself, in the highest term in which anyone in sight has a
 * leader: a deposed leader that has not heard of it yet never wins. Null: nobody can be sure.
 */
export function findLeader(nodes: readonly LeaderCandidate[]): Leader | null {
  const led = nodes.filter((n) => n.agent?.etcd?.leaderId != null);
  const term = Math.max(0, ...led.map((n) => n.agent?.etcd?.raftTerm ?? 0));
  for (const { slot, ip, agent } of led) {
    const health = agent?.etcd;
    if (health && health.raftTerm === term && health.leaderId === health.memberId) {
      return { slot, ip, memberId: health.memberId, term, health };
    }
  }
  return null;
}

/**
 * A learner has no part in it: it calls no election, and so never notices that a leader is gone.
 */
export function followsLeader(
  etcd: { readonly leaderId: string | null; readonly isLearner: boolean } | null,
): boolean {
  return etcd !== null && etcd.leaderId !== null && !etcd.isLearner;
}
