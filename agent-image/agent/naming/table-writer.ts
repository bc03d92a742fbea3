/**
 * The agent beside the leading member writes the hosts table. Two fences: a table of a higher term
 * is never replaced, and only the very table that was read is.
 */
import type { EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import { etcdKeys } from "../../../controller/model/ids.ts";
import type { HostsTable } from "../../../controller/model/naming.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import { type Client, localClient, within } from "../etcd/etcd-client.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import type { ClusterStore } from "./cluster-store.ts";
import { nextTable } from "./next-table.ts";

const IDLE_MS = 5_000;
/** After a conflict the store is listed again; its listener wakes us before this is over. */
const CONFLICT_MS = 200;
const WRITE_MS_MAX = 1_000;

export class TableWriter {
  private readonly task: RepeatingTask;
  private readonly key: Buffer;
  private client: Client | null = null;
  private health: EtcdHealth | null = null;

  constructor(
    private readonly options: {
      readonly config: NodeConfig;
      readonly store: ClusterStore;
      readonly clock: Clock;
      readonly log: Logger;
    },
  ) {
    const { config, store, clock, log } = options;
    const keys = etcdKeys({ namespace: config.namespace, name: config.cluster });
    this.key = Buffer.from(keys.hosts);
    this.task = new RepeatingTask({ name: "hosts-table", clock, log, run: () => this.run() });
    this.task.start();
    store.subscribe(() => this.task.wake());
  }

  setHealth(health: EtcdHealth | null): void {
    const before = this.health;
    this.health = health;
    const led = before?.leaderId !== health?.leaderId || before?.raftTerm !== health?.raftTerm;
    if (led) this.task.wake();
  }

  async stop(): Promise<void> {
    this.health = null;
    this.client?.close();
    await this.task.stop();
  }

  private async run(): Promise<number> {
    const { health } = this;
    const { config, store, log } = this.options;
    if (health === null || health.leaderId !== health.memberId) return IDLE_MS;
    const { clusterId, raftTerm: term } = health;
    const leadership = { slot: config.slot, clusterId, term };
    const table = nextTable(store.data, leadership);
    if (table === null) return IDLE_MS;
    this.client ??= await localClient();
    const written = await this.write(this.client, table, store.data.hostsRevision);
    log.info({ term: table.term, written }, "hosts table");
    if (!written) store.refresh();
    return written ? IDLE_MS : CONFLICT_MS;
  }

  private async write(client: Client, table: HostsTable, revision: string): Promise<boolean> {
    const answer = await client
      .if(this.key, "Mod", "==", revision)
      .then(client.put(this.key).value(JSON.stringify(table)))
      .options(within(WRITE_MS_MAX))
      .commit();
    return answer.succeeded;
  }
}
