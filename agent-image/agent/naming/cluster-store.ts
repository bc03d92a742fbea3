/**
 * Follows the cluster's keys in the local member: a list, then a watch from its revision. A watch
 * lasts some seconds only and is renewed from a new list, so that one that has died unnoticed
 * costs no more than that. A learner serves no watch: there the list is repeated.
 */
import type { IEvent } from "etcd3";
import type { EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import { etcdKeys } from "../../../controller/model/ids.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import { type Client, localClient, within } from "../etcd/etcd-client.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import { type ClusterData, decode, type KeyValue, NO_DATA, rangeOf } from "./cluster-data.ts";

const WATCH_MS_MAX = 30_000;
const LEARNER_LIST_MS = 250;
const RETRY_MS = 200;
const LIST_MS_MAX = 1_000;

export class ClusterStore {
  private readonly keys;
  private readonly range: { readonly key: Buffer; readonly range_end: Buffer };
  private readonly task: RepeatingTask;
  private readonly listeners = new Set<(data: ClusterData) => void>();
  private client: Client | null = null;
  private entries = new Map<string, KeyValue>();
  private health: EtcdHealth | null = null;
  private endWatch: (() => void) | null = null;
  /** A list that is under way was asked for too early. */
  private stale = false;
  /** As the local member last told it. */
  data: ClusterData = NO_DATA;

  constructor(options: {
    readonly config: NodeConfig;
    readonly clock: Clock;
    readonly log: Logger;
  }) {
    const { config, clock, log } = options;
    this.keys = etcdKeys({ namespace: config.namespace, name: config.cluster });
    const { start, end } = rangeOf(this.keys);
    this.range = { key: Buffer.from(start), range_end: Buffer.from(end) };
    this.task = new RepeatingTask({ name: "cluster-store", clock, log, run: () => this.run() });
    this.task.start();
  }

  /** Calls back after each change of {@link data}. */
  subscribe(listener: (data: ClusterData) => void): void {
    this.listeners.add(listener);
  }

  /** A member that has just begun to serve, became a voter or has a new leader is listed anew. */
  setHealth(health: EtcdHealth | null): void {
    const before = this.health;
    this.health = health;
    const begins = health !== null && before === null;
    const voter = before?.isLearner === true && health?.isLearner === false;
    const leader = health?.leaderId != null && health.leaderId !== before?.leaderId;
    if (begins || voter || leader) this.refresh();
  }

  /** Lists again now. */
  refresh(): void {
    this.stale = true;
    this.endWatch?.();
    this.task.wake();
  }

  async stop(): Promise<void> {
    this.health = null;
    this.endWatch?.();
    this.client?.close();
    await this.task.stop();
  }

  private async run(): Promise<number> {
    if (this.health === null) return RETRY_MS * 5;
    this.client ??= await localClient();
    this.stale = false;
    const revision = await this.list(this.client, this.health.isLearner);
    if (this.stale) return 0;
    if (this.health?.isLearner !== false) return LEARNER_LIST_MS;
    await this.watch(this.client, BigInt(revision) + 1n);
    // A watch that ended by itself, with the time over or for a refresh: go on with a new list.
    return 0;
  }

  private async list(client: Client, serializable: boolean): Promise<string> {
    // From a voter with a quorum: never an older state than the watch has shown before. Without
    // a quorum the local state is still the best there is.
    const local = serializable || this.health?.members == null;
    const options = within(LIST_MS_MAX);
    const answer = await client.kv.range({ ...this.range, serializable: local }, options);
    this.entries = new Map(answer.kvs.map((kv) => [kv.key.toString(), entryOf(kv)]));
    this.publish();
    return answer.header.revision;
  }

  private async watch(client: Client, from: bigint): Promise<void> {
    const stream = await client.watchClient.watch(within(WATCH_MS_MAX));
    await new Promise<void>((resolve) => {
      this.endWatch = () => {
        stream.cancel();
        resolve();
      };
      stream.on("data", (answer) => {
        if (answer.canceled) return this.endWatch?.();
        if (answer.events.length > 0) this.apply(answer.events);
      });
      // The deadline, a member that ended, a lost connection: the next list tells what is true.
      stream.on("error", () => resolve());
      stream.on("end", () => resolve());
      stream.write({ create_request: { ...this.range, start_revision: String(from) } });
    });
    this.endWatch = null;
  }

  private apply(events: readonly IEvent[]): void {
    for (const { type, kv } of events) {
      const key = kv.key.toString();
      // The wire's name; etcd3's types spell it in another case.
      if (type.toUpperCase() === "DELETE") this.entries.delete(key);
      else this.entries.set(key, entryOf(kv));
    }
    this.publish();
  }

  private publish(): void {
    const data = decode(this.keys, this.entries.values());
    if (JSON.stringify(data) === JSON.stringify(this.data)) return;
    this.data = data;
    for (const listener of this.listeners) listener(data);
  }
}

function entryOf(kv: { key: Buffer; value: Buffer; mod_revision: string }): KeyValue {
  const [key, value] = [kv.key.toString(), kv.value.toString()];
  return { key, value, modRevision: kv.mod_revision };
}
