/**
 * Requests to the clusters' etcds with the waits that controller/etcd has: a member that does not
 * answer is passed over after a while, and after two seconds a request is given up.
 */
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import type { ClusterKey } from "../../../controller/model/ids.ts";
import { findLeader, type LeaderCandidate } from "../../../controller/model/leader.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { CheapCluster } from "./cheap-cluster.ts";

export interface CheapEtcdClientsOptions {
  readonly clock: Clock;
  cluster(key: ClusterKey): CheapCluster;
  candidates(key: ClusterKey): readonly LeaderCandidate[];
}

const ANSWER_MS = 5;
/** As in controller/etcd/endpoint-calls.ts. */
const TOTAL_MS_MAX = 2_000;
const TRY_MS = 350;
const ROUND_PAUSE_MS = 50;

export class CheapEtcdClients {
  constructor(private readonly options: CheapEtcdClientsOptions) {}

  for(key: ClusterKey): { put(key: string, value: string): Promise<void> } {
    return { put: () => this.call(key, () => undefined) };
  }

  async call(key: ClusterKey, work: (cluster: CheapCluster) => void): Promise<void> {
    const { clock } = this.options;
    const cluster = this.options.cluster(key);
    const end = clock.now() + TOTAL_MS_MAX;
    const believed = findLeader(this.options.candidates(key));
    if (believed !== null && !cluster.isReachable(believed.slot)) await this.pass(TRY_MS);
    await this.pass(ANSWER_MS);
    while (cluster.etcd.leaderSlot === null) {
      if (clock.now() >= end) {
        const message = "no etcd member answered in time";
        throw new OperationError(ERROR_CODES.ETCD_UNAVAILABLE, "etcd", message);
      }
      await this.pass(ROUND_PAUSE_MS);
    }
    work(cluster);
  }

  private pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.options.clock.after(ms, resolve);
    });
  }
}
