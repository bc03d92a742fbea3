/**
 * Names, hosts table and registration, as agent-image/agent/naming keeps them through etcd: what is
 * read and written is simulated, what has to be written is decided by the agent's own functions.
 */
import type { EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import { etcdKeys } from "../../../controller/model/ids.ts";
import type { HostsTable, MemberRecord } from "../../../controller/model/naming.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import {
  type ClusterData,
  decode,
  NO_DATA,
} from "../../../agent-image/agent/naming/cluster-data.ts";
import { nextTable } from "../../../agent-image/agent/naming/next-table.ts";
import type { EtcdServer } from "../etcd/server.ts";
import type { KeyValue } from "../etcd/types.ts";

/** More slots than any simulated cluster has. */
const SLOTS_MAX = 9;
const REGISTER_MS = 1_600;
const WRITE_MS_MAX = 1_000;
const CONFLICT_MS = 200;
const APPLY_MS = 20;

export interface NamingOptions {
  readonly config: NodeConfig;
  readonly clock: Clock;
  readonly server: () => EtcdServer | null;
  readonly onHosts: (table: HostsTable) => void;
  readonly onKnownSlots: (slots: readonly number[]) => void;
}

export class Naming {
  private readonly keys;
  private data: ClusterData = NO_DATA;
  private entries: readonly (KeyValue | undefined)[] = [];
  private health: EtcdHealth | null = null;
  private writing = false;
  private registering = false;

  constructor(private readonly options: NamingOptions) {
    const { namespace, cluster } = options.config;
    this.keys = etcdKeys({ namespace, name: cluster });
  }

  setHealth(health: EtcdHealth | null): void {
    this.health = health;
    this.read();
    this.register();
    this.writeTable();
  }

  /** The local store may hold something else now. */
  noticed(): void {
    if (this.health === null || !this.read()) return;
    this.register();
    this.writeTable();
  }

  private read(): boolean {
    const store = this.options.server()?.store;
    if (store === undefined || this.health === null) return false;
    const { keys } = this;
    const names = [keys.hosts, keys.desired];
    for (let slot = 0; slot < SLOTS_MAX; slot++) names.push(keys.member(slot));
    const entries = names.map((name) => store.get(name));
    if (entries.every((entry, i) => entry === this.entries[i])) return false;
    this.entries = entries;
    const there = entries.filter((entry) => entry !== undefined);
    this.data = decode(
      keys,
      there.map(({ key, value, modRevision }) => ({
        key,
        value,
        modRevision: String(modRevision),
      })),
    );
    this.show(this.data);
    return true;
  }

  private show({ hosts, members }: ClusterData): void {
    const { clock, onHosts, onKnownSlots } = this.options;
    clock.after(APPLY_MS, () => {
      if (hosts !== null) onHosts(hosts);
      onKnownSlots(members.map((m) => m.slot));
    });
  }

  private register(): void {
    const { health } = this;
    const server = this.options.server();
    if (health === null || server === null || this.registering || !canWrite(health)) return;
    const value = JSON.stringify(this.recordOf(health));
    const key = this.keys.member(this.options.config.slot);
    if (server.store.get(key)?.value === value) return;
    this.registering = true;
    server.request({ type: "put", key, value }, WRITE_MS_MAX, () => {
      this.options.clock.after(REGISTER_MS, () => {
        this.registering = false;
        this.register();
      });
    });
  }

  private recordOf({ memberId }: EtcdHealth): MemberRecord {
    const { slot, ip, taskId, ssh } = this.options.config;
    const keys = { user: ssh.user, userKey: `user key of ${taskId}`, hostKey: `key of ${taskId}` };
    return { slot, ip, taskId, memberId, ssh: keys };
  }

  private writeTable(): void {
    const { health, writing, data } = this;
    const { config, clock } = this.options;
    const server = this.options.server();
    if (health === null || server === null || writing) return;
    if (health.leaderId !== health.memberId || !canWrite(health)) return;
    const { clusterId, raftTerm: term } = health;
    const table = nextTable(data, { slot: config.slot, clusterId, term });
    if (table === null) return;
    this.writing = true;
    const key = this.keys.hosts;
    const fence = { key, field: "modRevision", equals: Number(data.hostsRevision) } as const;
    const put = { type: "put", key, value: JSON.stringify(table) } as const;
    const txn = { type: "txn", compare: [fence], success: [put], failure: [] } as const;
    server.request(txn, WRITE_MS_MAX, () => {
      clock.after(CONFLICT_MS, () => {
        this.writing = false;
        this.read();
        this.writeTable();
      });
    });
  }
}

/** A learner may only read, and without a quorum every write waits. */
function canWrite(health: EtcdHealth): boolean {
  return !health.isLearner && health.members !== null;
}
