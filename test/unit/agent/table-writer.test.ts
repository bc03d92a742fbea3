import { expect, test } from "vitest";
import { ClusterStore } from "../../../agent-image/agent/naming/cluster-store.ts";
import { TableWriter } from "../../../agent-image/agent/naming/table-writer.ts";
import type {
  EtcdClient,
  KeyChange,
  KeyValue,
} from "../../../agent-image/agent/ports/etcd-client.ts";
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import { etcdKeys } from "../../../controller/model/ids.ts";
import { followerHealth } from "../../support/agent/status-parts.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const config: NodeConfig = {
  namespace: "default",
  cluster: "nb",
  slot: 0,
  taskId: "t",
  ip: "10.0.0.10",
  tokenSha256: "0".repeat(64),
  etcd: { tls: false, heartbeatMs: 20, electionMs: 200, quotaMiB: 64 },
  jupyter: { port: 8888, auth: "token", standby: "warm" },
  ssh: { user: "admin", authorizedKeys: [] },
  storage: { mountPath: "/home/shared" },
};
const keys = etcdKeys({ namespace: "default", name: "nb" });

function entry(key: string, value: object, modRevision: string): KeyValue {
  return { key, value: JSON.stringify(value), modRevision };
}

/** The table of a leader before, of which there may be several. */
function hosts(term: number, modRevision: string): KeyValue {
  const names = [{ slot: 0, index: 0, ip: config.ip }];
  return entry(keys.hosts, { clusterId: "c1", term, leaderSlot: 0, names }, modRevision);
}

/** The local member with a table of term 1, and a connection for the writer that takes its time. */
function member() {
  let tell: (changes: readonly KeyChange[]) => void = () => undefined;
  let connected: (client: EtcdClient) => void = () => undefined;
  const fences: string[] = [];
  const desired = { generation: 1, slots: [{ slot: 0, ip: config.ip }] };
  const client = {
    range: async () => ({
      entries: [entry(keys.desired, desired, "2"), hosts(1, "5")],
      revision: "5",
    }),
    watch: async (...[, , onChanges]: Parameters<EtcdClient["watch"]>) => {
      tell = onChanges;
      return { ended: new Promise<void>(() => undefined), end: () => undefined };
    },
    putIf: async (...[, , revision]: Parameters<EtcdClient["putIf"]>) => {
      fences.push(revision);
      return true;
    },
    close: () => undefined,
  } as unknown as EtcdClient;
  const slow = new Promise<EtcdClient>((resolve) => {
    connected = resolve;
  });
  return {
    client,
    fences,
    slow,
    connect: () => connected(client),
    change: (kv: KeyValue) => tell([{ type: "put", entry: kv }]),
  };
}

test("a table is fenced by the revision of the very reading that it was made from", async () => {
  const { client, fences, slow, connect, change } = member();
  const common = { config, clock: new ManualClock(0), log: silentLog };
  const store = new ClusterStore({ ...common, connectEtcd: async () => client });
  const writer = new TableWriter({ ...common, store, connectEtcd: () => slow });
  const health = followerHealth({ leaderId: "a1", raftTerm: 3, members: [] });
  store.setHealth(health);
  await until("the table of term 1", () => {
    common.clock.next();
    return store.data.hosts?.term === 1;
  });
  writer.setHealth(health);
  await until("the writer's turn", () => !common.clock.next());
  // While the writer waits for its connection, a leader of term 2 has written.
  change(hosts(2, "9"));
  connect();
  await until("a write", () => fences.length > 0);
  expect(fences[0]).toBe("5");
});
