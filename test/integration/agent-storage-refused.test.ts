/** What nodes say of a shared storage that they cannot have; all refusals are real. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { SharedStorage } from "../../crd-schema/storage/table.ts";
import { AgentCluster } from "../support/agent/agent-cluster.ts";
import { eventually } from "../support/agent/agent-checks.ts";
import { BrickServers } from "../support/glusterfs/brick-servers.ts";
import { ensureGlusterfs } from "../support/glusterfs/ensure-glusterfs.ts";

const image = inject("agentImage");
const SERVER = "172.31.28.21";
const clusters: AgentCluster[] = [];
let servers: BrickServers;

function clusterWith(index: number, storage: SharedStorage, without: readonly string[] = []) {
  const cluster = new AgentCluster({
    ...{ image, cluster: "nb", size: 1, storage, without },
    ...{ subnet: `172.31.${28 - index}.0/24`, firstAddress: `172.31.${28 - index}.10` },
  });
  clusters.push(cluster);
  return cluster;
}

function glusterfs(change: Partial<{ servers: string[]; volume: string }> = {}): SharedStorage {
  const usual = { servers: [SERVER], volume: "jup", options: [] };
  return { type: "glusterfs", mountPath: "/home/shared", ...usual, ...change };
}

/** Whoever is on its network reaches the server. */
const gluster = clusterWith(0, glusterfs({ volume: "none" }));

beforeAll(async () => {
  await ensureGlusterfs();
  await gluster.prepare();
  servers = new BrickServers({
    ...{ image, network: gluster.network, addresses: [SERVER], volume: "jup", pingSeconds: 3 },
  });
  await servers.start();
});

afterAll(async () => {
  await servers.remove();
  for (const cluster of clusters) await cluster.remove();
});

describe("a node says of its storage, and keeps running", () => {
  const nfs = { type: "nfs", mountPath: "/home/shared", server: "127.0.0.1", path: "/x" } as const;
  const cases: readonly [string, SharedStorage, readonly string[], string, RegExp][] = [
    [
      "servers that refuse",
      glusterfs({ servers: ["127.0.0.1"] }),
      [],
      "ServersUnreachable",
      /^no GlusterFS server of 127\.0\.0\.1 answers$/,
    ],
    [
      "no FUSE device",
      glusterfs(),
      ["device"],
      "MountNotAllowed",
      /may not use \/dev\/fuse.*\(No such file or directory\)/,
    ],
    ["no capability", glusterfs(), ["cap-add"], "MountNotAllowed", /capability SYS_ADMIN.*denied/],
    [
      "NFS, of which this kernel has none",
      { ...nfs, options: [] },
      [],
      "MountNotSupported",
      /^the kernel of the host has no NFS client/,
    ],
    [
      "a directory where the host should have mounted something",
      { type: "hostPath", mountPath: "/home/shared", hostPath: "/usr/share", requireMount: true },
      ["volume"],
      "NotMounted",
      /^nothing is mounted/,
    ],
  ];
  async function expectFault(cluster: AgentCluster, fault: string, message: RegExp) {
    const node = cluster.node(0);
    await node.run();
    const [status] = await eventually([node], fault, (s) => s.storage.fault === fault);
    expect(status?.storage.message).toMatch(message);
    expect(status?.units.jupyter.state).toBe("stopped");
  }

  test("an unknown volume", async () => {
    await expectFault(gluster, "VolumeNotFound", /have no volume none/);
  });

  test.each(cases)("%s", async (_, storage, without, fault, message) => {
    const cluster = clusterWith(clusters.length, storage, without);
    await cluster.prepare();
    await expectFault(cluster, fault, message);
  });
});
