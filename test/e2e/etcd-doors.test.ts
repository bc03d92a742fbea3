/**
 * Doors of a cluster's etcd and agents on a real one, tried by whoever can reach the container network without
 * being root of a node: another local user of the host, and a notebook.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestAuthority } from "../support/etcd/test-authority.ts";
import { KvGateway } from "../support/etcd/kv-gateway.ts";
import { AGENT_PORT } from "../../controller/model/agent-api.ts";
import { clientUrl, ETCD_PEER_PORT, etcdKeys } from "../../controller/model/ids.ts";
import type { NodeStatus } from "../../controller/model/resource.ts";
import type { TlsIdentity } from "../../controller/model/tls-identity.ts";
import { TLS } from "../support/etcd/transport.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { leaderOf } from "../support/e2e/nodes.ts";
import { runCommand } from "../support/e2e/run-command.ts";

let cluster: LocalCluster;
let node: NodeStatus;

beforeAll(async () => {
  cluster = await LocalCluster.create({ name: "e2e-doors", subnet: "172.31.69", replicas: 1 });
  cluster.startController();
  await cluster.untilServing();
  node = leaderOf(await cluster.untilReady());
});

afterAll(() => cluster?.destroy());

async function putAs(identity: TlsIdentity | null): Promise<"stored" | "refused"> {
  const gateway = new KvGateway(identity);
  const { hosts } = etcdKeys(cluster.ref);
  try {
    await gateway.put(clientUrl(node.ip, { tls: identity !== null }), hosts, "{}");
    return "stored";
  } catch {
    return "refused";
  } finally {
    await gateway.close();
  }
}

const ask = (port: number, ...args: string[]) =>
  runCommand("curl", ["-sk", "--max-time", "3", ...args, `https://${node.ip}:${port}/version`], {
    timeoutMs: 10_000,
  });

describe("another local user of the host", () => {
  it("writes nothing without a certificate, in clear or not, nor with one of his own making", async () => {
    const { hosts } = etcdKeys(cluster.ref);
    const before = await cluster.etcdGet(node, hosts);
    expect(await putAs(null)).toBe("refused");
    expect(await putAs(new TestAuthority().ofClient())).toBe("refused");
    expect(await cluster.etcdGet(node, hosts)).toBe(before);
  });

  it("is told nothing, on the clients' port or the peers'", async () => {
    for (const port of [Number(new URL(clientUrl(node.ip, TLS)).port), ETCD_PEER_PORT]) {
      const { code, stdout } = await ask(port);
      expect({ port, code, stdout }).toMatchObject({ stdout: "" });
      expect(code).not.toBe(0);
    }
  });
});

describe("whoever can reach an agent", () => {
  it("hears nothing of it in clear, whatever token he shows", async () => {
    const url = `http://${node.ip}:${AGENT_PORT}/v1/status`;
    const args = ["-s", "--max-time", "3", "-H", "Authorization: Bearer guessed", url];
    const { code, stdout } = await runCommand("curl", args, { timeoutMs: 10_000 });
    expect(stdout).toBe("");
    expect(code).not.toBe(0);
  });
});

describe("a notebook", () => {
  it("reads no key, and gets no answer from etcd on its own node", async () => {
    const read = await cluster.exec(node, ["sh", "-c", "cat /run/jupyter-cluster/tls/*"]);
    expect(read.code).not.toBe(0);
    expect(read.stdout).toBe("");
    const get = await cluster.exec(node, ["etcdctl", "get", "", "--prefix"]);
    expect(get.code).not.toBe(0);
    const insecure = ["env", "-u", "ETCDCTL_CACERT", "-u", "ETCDCTL_CERT", "-u", "ETCDCTL_KEY"];
    const bare = await cluster.exec(node, [
      ...insecure,
      ...["etcdctl", "--insecure-skip-tls-verify", "--command-timeout=2s"],
      ...["--endpoints=https://127.0.0.1:2379", "get", "", "--prefix"],
    ]);
    expect(bare.code).not.toBe(0);
    expect(bare.stdout).toBe("");
  });
});

describe("whoever administers", () => {
  it("asks etcd on a node as its root, without an option", async () => {
    const { status } = etcdKeys(cluster.ref);
    expect(await cluster.etcdGet(node, status)).toContain(cluster.options.name);
  });
});
