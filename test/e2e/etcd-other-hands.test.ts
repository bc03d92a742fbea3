/**
 * What a person with `etcdctl` does to a real cluster's etcd, by mistake or not: whatever is ours comes
 * back, whatever is foreign goes, and the names stay with who had them.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { etcdKeys } from "../../controller/model/ids.ts";
import type { HostsTable } from "../../controller/model/naming.ts";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import { until } from "../support/poll.ts";
import { eventsOf } from "../support/e2e/events.ts";
import { isTrue, LocalCluster } from "../support/e2e/local-cluster.ts";
import { followersOf, leaderOf, nodesByName } from "../support/e2e/nodes.ts";
import { ownKeys, withFarTerm } from "../support/e2e/other-hands.ts";

/** The controller looks every half minute, and looks at itself every ten seconds. */
const LOOKED_AFTER_MS = 120_000;

let cluster: LocalCluster;
let node: NodeStatus;
let keys: ReturnType<typeof etcdKeys>;

beforeAll(async () => {
  cluster = await LocalCluster.create({ name: "e2e-hands", subnet: "172.31.77" });
  keys = etcdKeys(cluster.ref);
  cluster.startController();
  await cluster.untilServing();
  node = leaderOf(await cluster.untilReady());
});

afterAll(() => cluster?.destroy());

async function run(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.etcdctl(node, ...args);
  if (code !== 0) throw new Error(`etcdctl ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

const namesOf = (object: JupyterClusterObject) => nodesByName(object).map((n) => [n.name, n.slot]);

const tableNow = async () => JSON.parse(await cluster.etcdGet(node, keys.hosts)) as HostsTable;

/** Messages of events of this reason. */
async function told(reason: string): Promise<string[]> {
  const events = await eventsOf(cluster);
  return events.filter((event) => event.reason === reason).map((event) => event.message);
}

/** Names are in force on every node, and each lets every other in. */
async function expectNamesAndSsh(): Promise<void> {
  const object = await cluster.untilReady({ timeoutMs: LOOKED_AFTER_MS });
  const [first] = followersOf(object);
  if (first === undefined) throw new Error("there is no follower");
  for (const { name } of object.status.nodes) {
    const answer = await cluster.exec(first, ["ssh", name ?? "", "hostname"]);
    expect([name, answer.code, answer.stderr]).toEqual([name, 0, ""]);
  }
}

const LYING = "/tmp/lying";

/** The agents put it right within moments, so it is written at every moment until a snapshot has it. */
async function snapshotWith(wrong: string): Promise<string> {
  const { name } = cluster.options;
  const loop = `while [ -e ${LYING} ]; do etcdctl put ${keys.hosts} '${wrong}'; done`;
  const script = `touch ${LYING}; for i in 1 2 3; do (${loop}) >/dev/null 2>&1 & done`;
  await cluster.exec(node, ["sh", "-c", script], "root");
  try {
    return await until(
      "a snapshot that holds it",
      async () => {
        await cluster.cli("snapshot", "save", name);
        const { stdout } = await cluster.cli("snapshot", "list", name, "-o", "name");
        const id = stdout.trim().split("\n").at(-1) ?? "";
        const revision = id.replace(/^.*-r/, "--rev=");
        const held = await run("get", keys.hosts, "--print-value-only", revision);
        return held === wrong ? id : undefined;
      },
      LOOKED_AFTER_MS,
    );
  } finally {
    await cluster.exec(node, ["rm", "-f", LYING], "root");
  }
}

describe("when every key is deleted", () => {
  it("all of them are there again, and nobody has another name", async () => {
    const before = namesOf(await cluster.object());
    await run("del", "", "--prefix");
    const all = ownKeys(cluster.ref, [0, 1, 2]);
    await until(
      "every key is there again",
      async () => {
        const found = await run("get", keys.prefix, "--prefix", "--keys-only");
        return all.every((key) => found.split("\n").includes(key));
      },
      LOOKED_AFTER_MS,
    );
    expect(namesOf(await cluster.untilReady())).toEqual(before);
    expect(await cluster.etcdGet(node, keys.status)).toContain(cluster.options.name);
    expect(await told("KeysRestored")).toHaveLength(1);
    await expectNamesAndSsh();
  });
});

describe("when the key of the names holds", () => {
  it.each<[string, (table: HostsTable) => object]>([
    ["a term far ahead", withFarTerm],
    ["another shape", ({ clusterId, term }) => ({ clusterId, term, names: { no: "list" } })],
  ])("%s, the leader's table takes its place", async (_what, wrong) => {
    const right = await tableNow();
    await run("put", keys.hosts, JSON.stringify(wrong(right)));
    await until("the table of before", async () => {
      const now = await cluster.etcdGet(node, keys.hosts);
      return now === JSON.stringify(right);
    });
    await expectNamesAndSsh();
  });

  it("a term far ahead when a snapshot is taken, the restored cluster names its nodes", async () => {
    const right = await tableNow();
    const wrong = JSON.stringify(withFarTerm(right));
    const id = await snapshotWith(wrong);
    const { recoveries } = (await cluster.object()).status.etcd;
    const restore = await cluster.cli("snapshot", "restore", cluster.options.name, id, "--yes");
    expect([restore.code, restore.stdout]).toEqual([0, expect.any(String)]);
    const object = await cluster.until(
      "the restored cluster is Ready",
      (o) => o.status.etcd.recoveries > recoveries && isTrue(o, "Ready"),
      LOOKED_AFTER_MS,
    );
    node = leaderOf(object);
    const table = await tableNow();
    expect(table.clusterId).not.toBe(right.clusterId);
    expect(table.names).toHaveLength(3);
    await expectNamesAndSsh();
  });
});

describe("when somebody adds members", () => {
  it("they are removed, told of, and the cluster is Ready with its own", async () => {
    // Of the cluster's own network, where nobody listens.
    const hosts = ["172.31.77.251", "172.31.77.252"];
    for (const host of hosts) {
      await run("member", "add", `x-${host}`, `--peer-urls=https://${host}:2380`);
    }
    await until("the cluster's own members", async () => {
      const members = await run("member", "list");
      return members.split("\n").length === 3 && !members.includes("172.31.77.25");
    });
    await cluster.untilReady();
    const messages = await told("ForeignMemberRemoved");
    for (const host of hosts) {
      expect(messages.filter((message) => message.includes(host))).toHaveLength(1);
    }
  });
});

describe("when somebody switches etcd's authentication on", () => {
  it("it is told, and off again", async () => {
    await run("user", "add", "root:secret");
    await run("auth", "enable");
    const refused = await cluster.etcdctl(node, "get", keys.hosts);
    expect(refused.code).not.toBe(0);
    await until(
      "the node's root may ask again",
      async () => (await cluster.etcdctl(node, "get", keys.hosts)).code === 0,
      LOOKED_AFTER_MS,
    );
    expect(await told("AuthDisabled")).toHaveLength(1);
    await expectNamesAndSsh();
  });
});
