/** One etcd client per cluster, always pointed at the nodes that are in sight, the leader first. */
import { type EtcdClientOptions, EtcdClusterClient } from "../etcd/cluster-client.ts";
import { type ClusterKey, clientUrl, type EtcdTransport } from "../model/ids.ts";
import { findLeader, type LeaderCandidate } from "../model/leader.ts";
import type { TlsIdentity } from "../model/tls-identity.ts";

export interface EtcdCluster extends EtcdTransport {
  readonly nodes: readonly LeaderCandidate[];
  /** The controller's own; null: without TLS. */
  readonly identity: TlsIdentity | null;
}

const NO_CLUSTER: EtcdCluster = { nodes: [], identity: null, tls: false };

export class EtcdClients {
  private readonly clients = new Map<ClusterKey, EtcdClusterClient>();

  /** @param clusterOf undefined: it is not remembered any more, and has no node */
  constructor(
    private readonly options: Omit<EtcdClientOptions, "identity">,
    private readonly clusterOf: (key: ClusterKey) => EtcdCluster | undefined,
  ) {}

  for(key: ClusterKey): EtcdClusterClient {
    const cluster = this.clusterOf(key) ?? NO_CLUSTER;
    let client = this.clients.get(key);
    if (client === undefined) {
      client = new EtcdClusterClient({ ...this.options, identity: cluster.identity });
      this.clients.set(key, client);
    }
    const nodes = cluster.nodes.filter((n) => n.agent?.etcd != null);
    const leader = findLeader(nodes);
    const ordered = nodes.toSorted((a, b) => rank(a, leader?.slot) - rank(b, leader?.slot));
    client.setEndpoints(ordered.map((n) => clientUrl(n.ip, cluster)));
    return client;
  }

  close(key: ClusterKey): void {
    this.clients.get(key)?.close();
    this.clients.delete(key);
  }

  closeAll(): void {
    for (const key of [...this.clients.keys()]) this.close(key);
  }
}

/** The leader serves everything; a learner serves next to nothing. */
function rank(node: LeaderCandidate, leaderSlot: number | undefined): number {
  if (node.slot === leaderSlot) return 0;
  return node.agent?.etcd?.isLearner ? 2 : 1;
}
