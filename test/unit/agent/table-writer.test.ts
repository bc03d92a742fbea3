import { expect, test } from "vitest";
import { ClusterStore } from "../../../agent-image/agent/naming/cluster-store.ts";
import { TableWriter } from "../../../agent-image/agent/naming/table-writer.ts";
import type {
  EtcdClient,
  KeyChange,
  KeyValue,
} from "../../../agent-image/agent/ports/etcd-client.ts";
import type { EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import { etcdKeys } from "../../../controller/model/ids.ts";
import type { HostsTable } from "../../../controller/model/naming.ts";
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

/** A local member with a table of term 1, and a connection for the writer that takes its time. */
function member(own: EtcdHealth) {
  let tell: (changes: readonly KeyChange[]) => void = () => undefined;
  let connected: (client: EtcdClient) => void = () => undefined;
  const fences: string[] = [];
  const asked: number[] = [];
  const written: HostsTable[] = [];
  const desired = { generation: 1, slots: [{ slot: 0, ip: config.ip }] };
  const now = { ...own };
  const client = {
    status: async () => {
      asked.push(now.raftTerm);
      return now;
    },
    range: async () => ({
      entries: [entry(keys.desired, desired, "2"), hosts(1, "5")],
      revision: "5",
    }),
    watch: async (...[, , onChanges]: Parameters<EtcdClient["watch"]>) => {
      tell = onChanges;
      return { ended: new Promise<void>(() => undefined), end: () => undefined };
    },
    putIf: async (...[, text, revision]: Parameters<EtcdClient["putIf"]>) => {
      fences.push(revision);
      written.push(JSON.parse(text) as HostsTable);
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
    asked,
    written,
    slow,
    /** What the member says when it is asked. */
    now,
    connect: () => connected(client),
    change: (kv: KeyValue) => tell([{ type: "put", entry: kv }]),
    remove: (key: string) => tell([{ type: "delete", key }]),
  };
}

const leading = followerHealth({
  leaderId: "a1",
  memberId: "a1",
  clusterId: "c1",
  raftTerm: 3,
  members: [],
});

async function writing(local: ReturnType<typeof member>) {
  const common = { config, clock: new ManualClock(0), log: silentLog };
  const store = new ClusterStore({ ...common, connectEtcd: async () => local.client });
  const writer = new TableWriter({ ...common, store, connectEtcd: () => local.slow });
  store.setHealth(leading);
  await until("the table of term 1", () => {
    common.clock.next();
    return store.data.hosts?.term === 1;
  });
  writer.setHealth(leading);
  await until("the writer's turn", () => !common.clock.next());
  return { store, clock: common.clock };
}

test("a table is fenced by the revision of the very reading that it was made from", async () => {
  const local = member(leading);
  await writing(local);
  // While the writer waits for its connection, a leader of term 2 has written.
  local.change(hosts(2, "9"));
  local.connect();
  await until("a write", () => local.fences.length > 0);
  expect(local.fences[0]).toBe("5");
});

test("who stands by has spoken with its member before it leads, and again with one that was started anew", async () => {
  const follower = { ...leading, leaderId: "b2" };
  const local = member(follower);
  const common = { config, clock: new ManualClock(0), log: silentLog };
  const store = new ClusterStore({ ...common, connectEtcd: async () => local.client });
  const writer = new TableWriter({ ...common, store, connectEtcd: async () => local.client });
  writer.setHealth(follower);
  const asks = (times: number) => {
    common.clock.next();
    return local.asked.length === times;
  };
  await until("it asks", () => asks(1));
  writer.setHealth({ ...follower, leaderId: "c3" });
  for (let turns = 0; turns < 5; turns += 1) await until("a turn", () => asks(1));
  writer.setHealth(null);
  writer.setHealth(follower);
  await until("it asks again", () => asks(2));
  expect(local.written).toEqual([]);
});

/** The leader's own table is in force when somebody's hands are on the keys. */
async function settled() {
  const local = member(leading);
  const bench = await writing(local);
  local.connect();
  await until("a write", () => local.written.length > 0);
  const { version, ...own } = local.written[0] as HostsTable & { version: number };
  expect(version).toBe(1);
  local.change(entry(keys.hosts, own, "6"));
  expect(bench.store.data).toMatchObject({ hosts: own, hostsKey: "held" });
  return { ...bench, local, own };
}

test.each<[string, (local: ReturnType<typeof member>, own: HostsTable) => void, string]>([
  ["is deleted with all the others", (l) => [keys.desired, keys.hosts].map(l.remove), "0"],
  ["holds something else", (l) => l.change(entry(keys.hosts, { clusterId: "c1" }, "8")), "8"],
  [
    "holds a term far ahead",
    (l, own) => l.change(entry(keys.hosts, { ...own, term: 999_999_999 }, "8")),
    "8",
  ],
])("the same table is written again when its key %s", async (_what, meddle, revision) => {
  const { local, own, store, clock } = await settled();
  meddle(local, own);
  expect(store.data.hosts).toEqual(own);
  await until("another write", () => {
    clock.next();
    return local.written.length > 1;
  });
  expect(local.written[1]).toEqual({ version: 1, ...own });
  expect(local.fences[1]).toBe(revision);
});

test("a leader that was deposed writes nothing over the table of the next", async () => {
  const { local, own, store, clock } = await settled();
  // Its health is older than what its own member has applied by now.
  local.now.raftTerm = 4;
  local.now.leaderId = "b2";
  local.change(entry(keys.hosts, { ...own, term: 4 }, "8"));
  expect(store.data.hostsKey).toBe("refused");
  // The second question is after whatever followed from the first.
  await until("its member was asked twice", () => {
    clock.next();
    return local.asked.length > 1;
  });
  expect(local.written).toHaveLength(1);
  store.setHealth({ ...leading, raftTerm: 4, leaderId: "b2" });
  await until("the table of the next leader", () => {
    clock.next();
    return store.data.hosts?.term === 4;
  });
  expect(store.data.hostsKey).toBe("held");
});
