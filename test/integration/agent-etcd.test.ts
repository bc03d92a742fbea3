/** etcd's data in the hands of agents, in real containers: snapshots, space, and a lost quorum. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connectAgent } from "../../controller/agents/agent-http.ts";
import type { AgentAddress } from "../../controller/agents/connection.ts";
import { fetchSnapshot, sendSnapshot } from "../../controller/agents/snapshots.ts";
import type { EtcdStart } from "../../controller/model/agent-api.ts";
import { bootstrapClusterId } from "../../controller/model/bootstrap-ids.ts";
import { memberNameOf, peerUrl } from "../../controller/model/ids.ts";
import type { SnapshotInfo } from "../../controller/model/snapshot.ts";
import { eventually, leaderOf, leads, startAgents } from "../support/agent/agent-checks.ts";
import { AgentCluster } from "../support/agent/agent-cluster.ts";
import {
  corruptLog,
  Keys,
  logHolds,
  plainForceKeeps,
  refusalOf,
} from "../support/agent/agent-etcd.ts";
import type { AgentNode } from "../support/agent/agent-node.ts";
import { until } from "../support/poll.ts";
import { TLS } from "../support/etcd/transport.ts";

const KEYS = 300;
const ROUNDS_MAX = 12;

const cluster = new AgentCluster({
  image: inject("agentImage"),
  cluster: "ne",
  subnet: "172.31.21.0/24",
  firstAddress: "172.31.21.10",
  size: 3,
  standby: "cold",
});
const keys = new Keys(cluster.identity);
const signal = new AbortController().signal;
let snapshot: SnapshotInfo;
let content: Buffer;

beforeAll(() => startAgents(cluster));

afterAll(async () => {
  await keys.close();
  await cluster.remove();
});

function address(node: AgentNode): AgentAddress {
  return { ip: node.ip, token: node.options.token, tls: true, connect: connectAgent };
}

/** A new container, whose agent waits for a command. */
async function again(slot: number): Promise<AgentNode> {
  await cluster.node(slot).kill();
  const node = cluster.replace(slot);
  await node.run();
  await eventually([node], "an agent", (s) => s.phase === "awaiting-start");
  return node;
}

async function command(node: AgentNode, etcd: EtcdStart): Promise<void> {
  const { code, text } = await node.command(cluster.command(node, etcd));
  expect([code, text]).toEqual([202, expect.any(String)]);
}

function restoreCommand(node: AgentNode, token: string, from: SnapshotInfo | null) {
  const memberName = memberNameOf(node.slot);
  const initialCluster = { [memberName]: peerUrl(node.ip, TLS) };
  const clusterId = bootstrapClusterId(initialCluster, token);
  const ref = from && { sha256: from.sha256, revision: from.revision };
  return { mode: "restore", memberName, initialCluster, clusterId, token, snapshot: ref } as const;
}

function send(node: AgentNode, bytes: Buffer, info: SnapshotInfo): Promise<void> {
  const chunks = async function* () {
    yield bytes;
  };
  return sendSnapshot(address(node), signal, info, chunks());
}

async function bootstrap(): Promise<void> {
  await Promise.all(cluster.nodes.map((node) => node.command(cluster.bootstrapCommand(node))));
  await eventually(cluster.nodes, "a quorum", (s) => s.etcd?.members?.length === 3);
  await cluster.putDesired(cluster.node(0));
}

async function follower(): Promise<AgentNode> {
  const leader = await leaderOf(cluster.nodes);
  return cluster.nodes.find((n) => n !== leader) as AgentNode;
}

describe("a snapshot", () => {
  test("is refused while etcd does not serve", async () => {
    const node = cluster.node(0);
    expect(refusalOf(await node.call("GET", "/v1/snapshot"))).toEqual([409, "EtcdNotServing"]);
    expect(refusalOf(await node.call("POST", "/v1/defragment"))).toEqual([409, "EtcdNotServing"]);
  });

  test("holds what was written, and is what its headers say", async () => {
    await bootstrap();
    const node = await follower();
    const revision = await keys.put(node, KEYS, "v".repeat(2_000));
    await fetchSnapshot(address(node), signal, async (facts, chunks) => {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk);
      content = Buffer.concat(parts);
      snapshot = { ...facts, id: "s", takenAt: "", sizeBytes: content.length };
    });
    expect(snapshot.sha256).toBe(createHash("sha256").update(content).digest("hex"));
    expect(snapshot.revision).toBeGreaterThanOrEqual(revision);
    expect(snapshot.keys).toBeGreaterThan(KEYS);
    expect(snapshot.clusterId).toBe((await node.status()).etcd?.clusterId);
    expect(await node.exec(["ls", "/var/lib/jupyter-cluster/snapshot"])).toBe("");
  });

  test("that is not what its sender says is not kept", async () => {
    const node = cluster.node(0);
    const other = { ...snapshot, sha256: "0".repeat(64) };
    await expect(send(node, content, other)).rejects.toThrow("SHA-256");
    const bytes = Buffer.from(content);
    bytes.fill(7, 9_000, 9_100);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await expect(send(node, bytes, { ...snapshot, sha256 })).rejects.toThrow("not that of");
    expect((await node.status()).snapshot).toBeNull();
  });
});

test("a defragmentation gives space back, and etcd counts as alive meanwhile", async () => {
  const node = await follower();
  await node.exec(["etcdctl", "compact", String(snapshot.revision)]);
  await node.exec(["etcdctl", "del", "--prefix", "/k/"]);
  const revision = await keys.put(node, 1);
  await node.exec(["etcdctl", "compact", "--physical", String(revision)]);
  const freed = async () => {
    // What a compaction has freed is told with the next commit: without a write, never.
    await keys.put(node, 1);
    const { etcd } = await node.status();
    return etcd !== null && etcd.dbSizeInUseBytes < etcd.dbSizeBytes / 2 ? etcd : undefined;
  };
  const before = await until("free pages", freed, 30_000);
  const silent: number[] = [];
  const stop = new AbortController();
  const watching = node.watch((s) => s.etcd === null && silent.push(s.sequence), stop.signal);
  expect((await node.call("POST", "/v1/defragment")).code).toBe(204);
  await eventually([node], "a smaller database", (s) => {
    return s.etcd !== null && s.etcd.dbSizeBytes < before.dbSizeBytes / 2;
  });
  stop.abort();
  await watching;
  expect(silent).toEqual([]);
});

describe("when the quorum is lost for good", () => {
  /** Everybody is killed while keys are written; then all wait for a command. */
  async function killAll(): Promise<void> {
    const leader = await leaderOf(cluster.nodes);
    const writing = keys.putUntilFailure(leader);
    const goal = keys.acknowledged + 100;
    await eventually([leader], "some writes", () => keys.acknowledged > goal);
    const others = cluster.nodes.filter((n) => n !== leader);
    await Promise.all([leader, ...others].map((n) => n.kill()));
    await writing;
    const nodes = cluster.nodes.map((n) => cluster.replace(n.slot));
    await Promise.all(nodes.map((n) => n.run()));
    await eventually(nodes, "agents", (s) => s.phase === "awaiting-start");
  }

  /** Has the last acknowledged key in its log, and etcd alone would throw it away. */
  async function endangered(): Promise<AgentNode | undefined> {
    const key = keys.lastAcknowledged;
    const found = await Promise.all(
      cluster.nodes.map(async (n) => (await logHolds(n, key)) && !(await plainForceKeeps(n, key))),
    );
    return cluster.nodes.find((_, i) => found[i]);
  }

  test("a survivor keeps acknowledged writes that it has not heard to be committed", async () => {
    let survivor: AgentNode | undefined;
    for (let round = 0; round < ROUNDS_MAX && survivor === undefined; round += 1) {
      if (round > 0) await bootstrap();
      await killAll();
      survivor = await endangered();
    }
    if (survivor === undefined) throw new Error(`no such survivor in ${ROUNDS_MAX} rounds`);
    const { data } = await survivor.status();
    const { clusterId } = snapshot;
    expect(data).toMatchObject({ state: "present", clusterId, raftIndex: expect.any(Number) });
    const memberName = memberNameOf(survivor.slot);
    await command(survivor, { mode: "force-new-cluster", memberName, clusterId });
    await eventually([survivor], "a cluster of one", (s) => s.etcd?.members?.length === 1);
    const got = await survivor.exec(["etcdctl", "get", keys.lastAcknowledged]);
    expect(got).toContain(keys.lastAcknowledged);
  });

  test("a snapshot is handed over, outlives the container, and begins a new cluster", async () => {
    let node = cluster.nodes.find((n) => n.slot === 1) as AgentNode;
    const restore = restoreCommand(node, "recovery-1", snapshot);
    await node.stop();
    node = cluster.replace(1);
    await node.run();
    await eventually([node], "an agent", (s) => s.phase === "awaiting-start");
    const refused = await node.command(cluster.command(node, restore));
    expect(refusalOf(refused)).toEqual([409, "SnapshotMissing"]);

    await send(node, content, snapshot);
    node = await again(1);
    const { sha256, revision } = snapshot;
    expect((await node.status()).snapshot).toEqual({ sha256, revision });
    await command(node, restore);
    const [alone] = await eventually(
      [node],
      "the only member, and the names that it gives",
      (s) => {
        return leads(s) && s.etcd?.members?.length === 1 && s.hosts?.leaderSlot === 1;
      },
    );
    expect(alone?.etcd?.clusterId).toBe(restore.clusterId);
    expect(alone?.snapshot).toBeNull();
    expect(await keys.count(node)).toBe(KEYS);
    await keys.put(node, 1);

    node = await again(1);
    await command(node, restore);
    await eventually([node], "it goes on", leads);
    expect(await keys.count(node)).toBe(KEYS + 1);
  });

  test("broken data is told, not resumed, and gives way to a new and empty cluster", async () => {
    let node = await again(2);
    await corruptLog(node);
    node = await again(2);
    expect((await node.status()).data).toMatchObject({
      state: "corrupt",
      reason: expect.stringContaining("crc mismatch"),
    });
    const memberName = memberNameOf(2);
    const resume = { mode: "resume", memberName, clusterId: null } as const;
    expect(refusalOf(await node.command(cluster.command(node, resume)))).toEqual([
      409,
      "DataMissing",
    ]);
    const restore = restoreCommand(node, "recovery-2", null);
    await command(node, restore);
    const [alone] = await eventually([node], "the only member", leads);
    expect(alone?.etcd?.clusterId).toBe(restore.clusterId);
    expect(await keys.count(node)).toBe(0);
  });

  test("etcd whose data vanishes does not begin anew by itself", async () => {
    const node = cluster.node(2);
    const data = "/var/lib/jupyter-cluster/etcd/member";
    await node.exec(["sh", "-c", `mv ${data} /tmp/gone; kill -9 $(pidof etcd)`]);
    const [gone] = await eventually([node], "etcd's end", (s) => s.units.etcd.state === "stopped");
    expect(gone?.data).toEqual({ state: "corrupt", reason: "the data has vanished" });
    expect(gone?.problems.join()).toContain("the data has vanished");
  });
});
