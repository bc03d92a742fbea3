/**
 * The agent beside the leading member writes the hosts table, and writes it again when it is gone or
 * somebody else has written there. Two fences: a table of a higher term is never replaced, and only
 * the very table that was read is. A term that the local member does not know is no leader's.
 */
import type { EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import { etcdKeys } from "../../../controller/model/ids.ts";
import { writeValue } from "../../../controller/support/key-values.ts";
import type { EtcdClient } from "../ports/etcd-client.ts";
import type { AgentPorts } from "../ports/ports.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import type { ClusterStore } from "./cluster-store.ts";
import { type Leadership, nextTable } from "./next-table.ts";

const IDLE_MS = 5_000;
/** After a conflict the store is listed again; its listener wakes us before this is over. */
const CONFLICT_MS = 200;
const WRITE_MS_MAX = 1_000;
const STATUS_MS_MAX = 500;

export class TableWriter {
  private readonly task: RepeatingTask;
  private readonly key: string;
  private client: EtcdClient | null = null;
  private health: EtcdHealth | null = null;
  /** The client is connected to the etcd that runs. */
  private connected = false;

  constructor(
    private readonly options: Pick<AgentPorts, "clock" | "log" | "connectEtcd"> & {
      readonly config: NodeConfig;
      readonly store: ClusterStore;
    },
  ) {
    const { config, store, clock, log } = options;
    const keys = etcdKeys({ namespace: config.namespace, name: config.cluster });
    this.key = keys.hosts;
    this.task = new RepeatingTask({ name: "hosts-table", clock, log, run: () => this.run() });
    this.task.start();
    store.subscribe(() => this.task.wake());
  }

  setHealth(health: EtcdHealth | null): void {
    const before = this.health;
    this.health = health;
    if (health === null) this.connected = false;
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
    if (health === null) return IDLE_MS;
    if (health.leaderId !== health.memberId) return this.standBy();
    const { clusterId, raftTerm: term } = health;
    const leadership = { slot: config.slot, clusterId, term };
    // The table and its revision are of one reading, whatever comes in while we wait.
    const { data } = store;
    const table = nextTable(data, leadership);
    if (table === null) return IDLE_MS;
    const client = await this.connect();
    if (data.hostsKey === "refused") {
      if (!(await stillLeads(client, leadership))) return CONFLICT_MS;
      log.warn({ term, revision: data.hostsRevision }, "the key hosts holds no table; replaced");
    }
    const text = writeValue(table);
    const written = await client.putIf(this.key, text, data.hostsRevision, WRITE_MS_MAX);
    log.info({ term: table.term, written }, "hosts table");
    if (!written) store.refresh();
    return written ? IDLE_MS : CONFLICT_MS;
  }

  /** Once it leads, everybody waits for its table: by then it has shaken hands with etcd. */
  private async standBy(): Promise<number> {
    if (this.connected) return IDLE_MS;
    const client = await this.connect();
    await client.status(STATUS_MS_MAX);
    this.connected = true;
    return IDLE_MS;
  }

  private async connect(): Promise<EtcdClient> {
    return (this.client ??= await this.options.connectEtcd());
  }
}

/**
 * Asked after the key was read: had a leader of a later term written it, the local member would know
 * that term by now.
 */
async function stillLeads(client: EtcdClient, { clusterId, term }: Leadership): Promise<boolean> {
  const now = await client.status(STATUS_MS_MAX);
  return now.clusterId === clusterId && now.raftTerm === term && now.leaderId === now.memberId;
}
