/**
 * The status says what is so now: with a full disk under the state directory, of a paused node, and of nodes between
 * which addresses are translated.
 */
import { symlink } from "node:fs/promises";
import Docker from "dockerode";
import { afterEach, describe, expect, it } from "vitest";
import { etcdKeys } from "../../controller/model/ids.ts";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { killAllContainers, killEtcd } from "../support/e2e/etcd-damage.ts";
import { expectInvariants } from "../support/e2e/invariants.ts";
import { isTrue, LocalCluster } from "../support/e2e/local-cluster.ts";
import { leaderOf } from "../support/e2e/nodes.ts";
import { SmallDisk } from "../support/e2e/small-disk.ts";
import { translate } from "../support/e2e/translation.ts";
import { until } from "../support/poll.ts";

const SUBNET = "172.31.77";
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Its state directory is on a small disk of its own. */
async function clusterOnSmallDisk(): Promise<{ cluster: LocalCluster; disk: SmallDisk }> {
  const disk = await SmallDisk.mount(16);
  closers.push(() => disk.unmount());
  const cluster = await newCluster("e2e-full-disk");
  await symlink(disk.path, cluster.stateDir);
  return { cluster, disk };
}

async function newCluster(name: `e2e-${string}`): Promise<LocalCluster> {
  const cluster = await LocalCluster.create({ name, subnet: SUBNET });
  closers.push(() => cluster.destroy());
  return cluster;
}

async function readyz(cluster: LocalCluster): Promise<{ status: number; text: string }> {
  const response = await fetch(`${cluster.apiUrl}/readyz?verbose`);
  return { status: response.status, text: await response.text() };
}

function reasonOf(object: JupyterClusterObject, type: string): string | undefined {
  return object.status.conditions.find((c) => c.type === type)?.reason;
}

describe("a full disk under the state directory", () => {
  it("is told, with what is gone, while nothing can be done about it; with room again all heals", async () => {
    const { cluster, disk } = await clusterOnSmallDisk();
    cluster.startController();
    const before = await cluster.untilReady();
    const { status, text } = await readyz(cluster);
    expect(status).toBe(200);
    expect(text).toMatch(
      /^\[\+\]role ok: acts, term \d+\n\[\+\]mesos ok\n\[\+\]state ok\nreadyz check passed\n$/,
    );
    await disk.fill();
    await killAllContainers(cluster, before);
    const told = await cluster.until(
      "the full disk and the loss are told",
      (o) => reasonOf(o, "StateStored") === "StorageFailed" && o.status.readyReplicas === 0,
    );
    expect(reasonOf(told, "Ready")).toBe("StorageFailed");
    expect(told.status.nodes.map((n) => n.ready)).toEqual([false, false, false]);
    const message = told.status.conditions.find((c) => c.type === "StateStored")?.message;
    expect(message).toContain("ENOSPC, the disk is full");
    const health = await readyz(cluster);
    expect(health.status).toBe(503);
    expect(health.text).toMatch(/\n\[\+\]mesos ok\n\[-\]state failed: .*ENOSPC, the disk is full/);
    await disk.free();
    await cluster.untilReady();
    expect(isTrue(await expectInvariants(cluster), "StateStored")).toBe(true);
    expect((await readyz(cluster)).status).toBe(200);
  });
});

describe("a paused node", () => {
  it("is the only one that is not ready", async () => {
    const cluster = await newCluster("e2e-paused");
    cluster.startController();
    const before = await cluster.untilReady();
    const paused = before.status.nodes.find((n) => !n.leader);
    const container = new Docker().getContainer(paused?.container ?? "");
    await container.pause();
    try {
      // Its registration ends with its lease, and with it its keys on the others, who are not to blame.
      const registration = etcdKeys(cluster.ref).member(paused?.slot ?? -1);
      await until("it is registered no more", async () => {
        return (await cluster.etcdGet(leaderOf(before), registration)) === "";
      });
      const seen = await cluster.until(
        "it is told to be out of sight",
        (o) => reasonOf(o, "SSHReady") === "NodesOutOfSight" && o.status.readyReplicas < 3,
      );
      expect(seen.status.readyReplicas).toBe(2);
      expect(seen.status.nodes.filter((n) => !n.ready).map((n) => n.slot)).toEqual([paused?.slot]);
      expect(reasonOf(seen, "AllMembersReady")).toBe("NodesNotReady");
      expect(isTrue(seen, "ProxyReady")).toBe(true);
      const listed = await cluster.cli("get");
      expect(listed.stdout).toMatch(/e2e-paused +2\/3/);
    } finally {
      await container.unpause();
    }
    await cluster.untilReady();
  });
});

describe("addresses that are translated between the nodes", () => {
  it("are named while etcd has no quorum for them, and it has one when they are not any more", async () => {
    const cluster = await newCluster("e2e-translated");
    cluster.startController();
    const { nodes } = (await cluster.untilReady()).status;
    const ends = await Promise.all(
      nodes.map((node) => translate(node, `${SUBNET}.${200 + node.slot}`)),
    );
    await killEtcd(cluster, nodes);
    const told = await cluster.until("a node says what is in the way", (o) =>
      o.status.nodes.some((n) => n.message.includes("(NAT)")),
    );
    const message = told.status.nodes.find((n) => n.message.includes("(NAT)"))?.message;
    expect(message).toMatch(
      /etcd waits for a quorum: connections of its peer 172\.31\.77\.1\d come from 172\.31\.77\.20\d: addresses are translated/,
    );
    for (const end of ends) await end();
    await cluster.untilReady();
    await expectInvariants(cluster);
  });
});
