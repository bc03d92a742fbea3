/** The controller's side of snapshots and defragmentation against an agent in its container. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { doJob } from "../../controller/act/job-work.ts";
import type { CompiledCluster } from "../../crd-schema/spec.ts";
import type { JobAction } from "../../controller/model/action.ts";
import { EtcdClusterClient } from "../../controller/etcd/cluster-client.ts";
import { ERROR_CODES } from "../../controller/model/errors.ts";
import { clientUrl, peerUrl } from "../../controller/model/ids.ts";
import type { ClusterMemory } from "../../controller/model/memory.ts";
import type { SnapshotInfo } from "../../controller/model/snapshot.ts";
import { SnapshotStore } from "../../controller/store/snapshots/snapshot-store.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { memberClient } from "../../controller/etcd/member-client.ts";
import { connectAgent } from "../../controller/agents/agent-http.ts";
import { AgentCluster } from "../support/agent/agent-cluster.ts";
import type { AgentNode } from "../support/agent/agent-node.ts";
import { until } from "../support/poll.ts";
import { silentLog } from "../support/silent-log.ts";
import { TLS } from "../support/etcd/transport.ts";

const cluster = new AgentCluster({
  image: inject("agentImage"),
  cluster: "jobs",
  subnet: "172.31.59.0/24",
  firstAddress: "172.31.59.10",
  size: 2,
});
let root: string;
let store: SnapshotStore;
let serving: AgentNode;
let waiting: AgentNode;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "snapshot-jobs-test-"));
  store = new SnapshotStore(root, silentLog);
  await cluster.prepare();
  serving = cluster.node(0);
  waiting = cluster.node(1);
  await Promise.all([serving.run(), waiting.run()]);
  const alone = { "slot-0": peerUrl(serving.ip, TLS) };
  const bootstrap = { mode: "bootstrap", memberName: "slot-0", token: "jobs" } as const;
  const command = cluster.command(serving, { ...bootstrap, initialCluster: alone });
  await until("the command is taken", async () => (await serving.command(command)).code === 202);
  await until("etcd serves", async () => (await serving.status()).etcd?.leaderId);
  await until("the other waits", async () => (await waiting.status()).phase === "awaiting-start");
});

afterAll(async () => {
  await cluster.remove();
  await rm(root, { recursive: true });
});

function work(node: AgentNode, job: Partial<JobAction> & Pick<JobAction, "type">) {
  const compiled = {
    metadata: { namespace: "default", name: "jobs" },
    spec: { etcd: { tls: true, snapshots: { directory: null } } },
  } as unknown as CompiledCluster;
  const secrets = { agentToken: node.options.token };
  const memory = { cluster: compiled, secrets } as unknown as ClusterMemory;
  const targets = {
    of: (of: CompiledCluster) => store.of(of),
    refresh: () => Promise.resolve(),
  };
  const signal = new AbortController().signal;
  const action = { slot: node.slot, ip: node.ip, ...job } as JobAction;
  return doJob(action, memory, {
    targets,
    connectAgent,
    docker: null,
    clock: systemClock,
    signal,
  });
}

describe("the jobs", () => {
  let saved: SnapshotInfo;

  it("save what etcd holds, at the revision that it has", async () => {
    // Of a size that comes in many pieces.
    const fill =
      "head -c 700000 /dev/urandom | base64 -w0 > /tmp/big; " +
      "for i in 1 2 3 4 5; do etcdctl put /big/$i < /tmp/big; done";
    await serving.exec(["bash", "-c", fill]);
    const before = (await serving.status()).etcd;
    saved = (await work(serving, { type: "SaveSnapshot" })) as SnapshotInfo;
    expect(saved.clusterId).toBe(before?.clusterId);
    expect(saved.revision).toBeGreaterThanOrEqual(before?.revision ?? Number.NaN);
    expect(saved.keys).toBeGreaterThanOrEqual(5);
    expect(saved.sizeBytes).toBeGreaterThan(4_000_000);
  });

  it("hand it to a node that waits for a command, once and again", async () => {
    for (let i = 0; i < 2; i += 1) {
      await work(waiting, { type: "SendSnapshot", snapshot: saved });
      const { sha256, revision } = saved;
      expect((await waiting.status()).snapshot).toEqual({ sha256, revision });
    }
  });

  it("are refused by a node whose etcd does not serve", async () => {
    for (const type of ["SaveSnapshot", "Defragment"] as const) {
      await expect(work(waiting, { type })).rejects.toMatchObject({
        code: ERROR_CODES.AGENT_REFUSED,
        message: expect.stringMatching(/^EtcdNotServing: /),
      });
    }
  });

  it("give back what a compaction has freed", async () => {
    await serving.exec(["etcdctl", "del", "--prefix", "/big/"]);
    const revision = await until("the deletion is told", async () => {
      const now = (await serving.status()).etcd?.revision ?? 0;
      return now > saved.revision && now;
    });
    const client = new EtcdClusterClient({
      connect: memberClient,
      identity: cluster.identity,
      clock: systemClock,
      log: silentLog,
    });
    client.setEndpoints([clientUrl(serving.ip, TLS)]);
    await client.compact(revision);
    client.close();
    // etcd frees the pages in the background, some time after it has answered.
    await until("the database is small", async () => {
      await work(serving, { type: "Defragment" });
      const { etcd } = await serving.status();
      return etcd !== null && etcd.dbSizeBytes < saved.sizeBytes / 2;
    });
  });
});
