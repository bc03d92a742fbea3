/** One etcd client per cluster, always pointed at the nodes that are in sight, the leader first. */
import { type EtcdClientOptions, EtcdClusterClient } from "../etcd/cluster-client.ts";
import { type ClusterKey, clientUrl } from "../model/ids.ts";
import { findLeader, type LeaderCandidate } from "../model/leader.ts";

export class EtcdClients {
  private readonly clients = new Map<ClusterKey, EtcdClusterClient>();

  constructor(
    private readonly options: EtcdClientOptions,
    private readonly candidates: (key: ClusterKey) => readonly LeaderCandidate[],
  ) {}

  for(key: ClusterKey): EtcdClusterClient {
    let client = this.clients.get(key);
    if (client === undefined) {
      client = new EtcdClusterClient(this.options);
      this.clients.set(key, client);
    }
    const nodes = this.candidates(key).filter((n) => n.agent?.etcd != null);
    const leader = findLeader(nodes);
    const ordered = nodes.toSorted((a, b) => rank(a, leader?.slot) - rank(b, leader?.slot));
    client.setEndpoints(ordered.map((n) => clientUrl(n.ip)));
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
