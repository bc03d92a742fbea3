/**
 * Follows the cluster's keys in the local member: a list, then a watch from its revision. A watch
 * lasts some seconds only and is renewed from a new list, so that one that has died unnoticed
 * costs no more than that. A learner serves no watch: there the list is repeated.
 */
import type { EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import { etcdKeys } from "../../../controller/model/ids.ts";
import type { EtcdClient, KeyChange, KeyRange, KeyValue, Watch } from "../ports/etcd-client.ts";
import type { AgentPorts } from "../ports/ports.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import { decodeKernels, type KernelRecords } from "../kernels/kernel-records.ts";
import {
  type ClusterData,
  decode,
  type Fence,
  type LastKnown,
  NO_DATA,
  NOTHING_KNOWN,
  rangeOf,
} from "./cluster-data.ts";

const WATCH_MS_MAX = 30_000;
const LEARNER_LIST_MS = 250;
const RETRY_MS = 200;
const LIST_MS_MAX = 1_000;

export class ClusterStore {
  private readonly keys;
  private readonly range: KeyRange;
  private readonly task: RepeatingTask;
  private readonly listeners = new Set<(data: ClusterData) => void>();
  private client: EtcdClient | null = null;
  private entries = new Map<string, KeyValue>();
  private health: EtcdHealth | null = null;
  private watching: Watch | null = null;
  /** A list that is under way was asked for too early. */
  private stale = false;
  private fence: Fence | null = null;
  private last: LastKnown = NOTHING_KNOWN;
  private readonly kernelListeners = new Set<() => void>();
  /** As the local member last told it. */
  data: ClusterData = NO_DATA;
  /** As well; null: it has told nothing yet. */
  kernels: KernelRecords | null = null;
  private kernelEntries = "";

  constructor(
    private readonly options: Pick<AgentPorts, "clock" | "log" | "connectEtcd"> & {
      readonly config: NodeConfig;
    },
  ) {
    const { config, clock, log } = options;
    this.keys = etcdKeys({ namespace: config.namespace, name: config.cluster });
    this.range = rangeOf(this.keys);
    this.task = new RepeatingTask({ name: "cluster-store", clock, log, run: () => this.run() });
    this.task.start();
  }

  /** Calls back after each change of {@link data}. */
  subscribe(listener: (data: ClusterData) => void): void {
    this.listeners.add(listener);
  }

  /** Calls back after each change of {@link kernels}, and of {@link data}. */
  subscribeKernels(listener: () => void): () => void {
    this.kernelListeners.add(listener);
    return () => this.kernelListeners.delete(listener);
  }

  /** A member that has just begun to serve, became a voter or has a new leader is listed anew. */
  setHealth(health: EtcdHealth | null): void {
    const before = this.health;
    this.health = health;
    if (health !== null) this.setFence(health);
    const begins = health !== null && before === null;
    const voter = before?.isLearner === true && health?.isLearner === false;
    const leader = health?.leaderId != null && health.leaderId !== before?.leaderId;
    if (begins || voter || leader) this.refresh();
  }

  /** Lists again now. */
  refresh(): void {
    this.stale = true;
    this.watching?.end();
    this.task.wake();
  }

  async stop(): Promise<void> {
    this.health = null;
    this.watching?.end();
    this.client?.close();
    await this.task.stop();
  }

  private async run(): Promise<number> {
    if (this.health === null) return RETRY_MS * 5;
    const client = (this.client ??= await this.options.connectEtcd());
    this.stale = false;
    const revision = await this.list(client, this.health.isLearner);
    if (this.stale) return 0;
    if (this.health?.isLearner !== false) return LEARNER_LIST_MS;
    const from = { revision: BigInt(revision) + 1n, timeoutMs: WATCH_MS_MAX };
    this.watching = await client.watch(this.range, from, (changes) => this.apply(changes));
    if (this.stale || this.health === null) this.watching.end();
    await this.watching.ended;
    this.watching = null;
    // A watch that ended by itself, with the time over or for a refresh: go on with a new list.
    return 0;
  }

  private async list(client: EtcdClient, isLearner: boolean): Promise<string> {
    // From a voter with a quorum: never an older state than the watch has shown before. Without
    // a quorum the local state is still the best there is.
    const serializable = isLearner || this.health?.members == null;
    const answer = await client.range(this.range, { serializable, timeoutMs: LIST_MS_MAX });
    this.entries = new Map(answer.entries.map((entry) => [entry.key, entry]));
    this.publish();
    return answer.revision;
  }

  private apply(changes: readonly KeyChange[]): void {
    for (const change of changes) {
      if (change.type === "delete") this.entries.delete(change.key);
      else this.entries.set(change.entry.key, change.entry);
    }
    this.publish();
  }

  /** What was refused for its term may be in force in the one that has begun. */
  private setFence({ clusterId, raftTerm }: Fence): void {
    const before = this.fence;
    if (before?.clusterId === clusterId && before.raftTerm === raftTerm) return;
    this.fence = { clusterId, raftTerm };
    if (before === null || before.clusterId === clusterId) return this.publish();
    // What another cluster was told counts for nothing in this one, which is listed next.
    this.entries = new Map();
    this.kernels = null;
    this.last = NOTHING_KNOWN;
  }

  private publish(): void {
    const data = decode(this.keys, this.entries.values(), this.fence, this.last);
    this.last = { desired: data.desired, hosts: data.hosts };
    const changed = JSON.stringify(data) !== JSON.stringify(this.data);
    if (changed) {
      this.data = data;
      for (const listener of this.listeners) listener(data);
    }
    if (this.readKernels() || changed) for (const listener of this.kernelListeners) listener();
  }

  /** @returns whether they say something new */
  private readKernels(): boolean {
    const isKernels = ({ key }: KeyValue) =>
      key.startsWith(this.keys.kernels) || key.startsWith(this.keys.kernelSessions);
    const entries = [...this.entries.values()].filter(isKernels);
    const text = entries.map(({ key, modRevision }) => `${key} ${modRevision}`).join();
    if (this.kernels !== null && text === this.kernelEntries) return false;
    this.kernelEntries = text;
    this.kernels = decodeKernels(this.keys, entries);
    return true;
  }
}
