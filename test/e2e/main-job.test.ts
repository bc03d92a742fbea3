/**
 * The main job, from the built program with real containers: each test is one point of what a
 * user is promised. They share one cluster and run in this order.
 */
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { expectInvariants, jupyterUrl } from "../support/e2e/invariants.ts";
import { runCell } from "../support/e2e/kernel.ts";
import { isTrue, LocalCluster } from "../support/e2e/local-cluster.ts";
import { followersOf, leaderOf, nodesByName } from "../support/e2e/nodes.ts";
import { until } from "../support/poll.ts";
import { ProxyUser } from "../support/e2e/proxy-user.ts";

const NAME = "e2e-lab";
let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await LocalCluster.create({ name: NAME, subnet: "172.31.60" });
  cluster.startController();
});

afterAll(async () => {
  await cluster?.destroy();
});

const containers = (o: JupyterClusterObject) =>
  new Map(o.status.nodes.map((n) => [n.slot, n.container]));

describe("the main job", () => {
  it("comes up from nothing: names, leader, SSH, shared folder, Jupyter behind the proxy", async () => {
    const object = await expectInvariants(cluster);
    expect(object.status.nodes.length).toBe(3);
    expect(object.status.nodes.every((n) => n.restarts === 0)).toBe(true);
    const logs = await Promise.all(
      nodesByName(object).map((n) => cluster.cli("logs", n.name ?? "", "agent")),
    );
    expect(logs.flatMap(({ stdout }) => stdout.match(/^.*"level":"error".*$/gm) ?? [])).toEqual([]);
    expect(logs.every(({ stdout }) => stdout.includes("unit started"))).toBe(true);
  });

  it("runs a notebook cell through the proxy's WebSocket", async () => {
    const printed = await runCell(await jupyterUrl(cluster), "print(6 * 7)", 60_000);
    expect(printed.trim()).toBe("42");
  });

  it("shows the same truth in the status endpoint and in etcd", async () => {
    const object = await cluster.untilReady();
    const key = `/jupytercluster.dev/default/${NAME}/status`;
    const same = async () => {
      const stored = JSON.parse(await cluster.etcdGet(leaderOf(object), key)) as unknown;
      expect(stored).toEqual(await cluster.object());
      return true;
    };
    await until("etcd holds what the API serves", same, 10_000);
    const brief = (await (await fetch(`${cluster.apiUrl}/status`)).json()) as {
      clusters: { name: string; ready: boolean; leader: string }[];
    };
    expect(brief.clusters).toMatchObject([{ name: NAME, ready: true, leader: `${NAME}-0` }]);
  });

  it("brings a killed follower back under the same name and touches nobody else", async () => {
    const before = await cluster.untilReady();
    const victim = followersOf(before)[0];
    if (victim === undefined) throw new Error("there is no follower");
    await cluster.killContainer(victim);
    await cluster.until("the loss is seen", (o) => node(o, victim.slot).taskId !== victim.taskId);
    const after = await expectInvariants(cluster);
    expect(node(after, victim.slot).name).toBe(victim.name);
    expect(node(after, victim.slot).restarts).toBe(victim.restarts + 1);
    for (const other of before.status.nodes.filter((n) => n.slot !== victim.slot)) {
      expect(node(after, other.slot).container).toBe(other.container);
    }
    expect(leaderOf(after).slot).toBe(leaderOf(before).slot);
  });

  it("follows a killed leader: the new one is XXX-0, no request through the proxy fails", async () => {
    const before = await cluster.untilReady();
    const old = leaderOf(before);
    const user = ProxyUser.start(await jupyterUrl(cluster));
    try {
      await user.untilServed(5);
      await cluster.killContainer(old);
      await cluster.until(
        "another leads",
        (o) => leaderSlot(o) !== null && leaderSlot(o) !== old.slot,
      );
      await user.untilServed(20);
    } finally {
      await user.stop();
    }
    expect(user.failures).toEqual([]);
    const after = await expectInvariants(cluster);
    const successor = leaderOf(after);
    expect(node(after, old.slot).name).toBe(node(before, successor.slot).name);
    const bystanders = after.status.nodes.filter(
      (n) => n.slot !== old.slot && n.slot !== successor.slot,
    );
    for (const one of bystanders) expect(one.name).toBe(node(before, one.slot).name);
  });

  it("never gets stuck when nodes are killed one after another, ten times", async () => {
    for (let round = 0; round < 10; round++) {
      const object = await cluster.untilReady();
      const victim = nodesByName(object)[round % 3];
      if (victim === undefined) throw new Error("there is no such node");
      await cluster.killContainer(victim);
      await cluster.until("the loss is seen", (o) => node(o, victim.slot).taskId !== victim.taskId);
    }
    await expectInvariants(cluster);
  });

  it("grows to five and shrinks to three without touching the nodes that stay", async () => {
    const before = await cluster.untilReady();
    await cluster.save(cluster.specText(5));
    const grown = await cluster.untilReady({ generation: before.metadata.generation + 1 });
    expect(grown.status.nodes.length).toBe(5);
    await expectInvariants(cluster);
    await cluster.save(cluster.specText(3));
    await cluster.untilReady({ generation: grown.metadata.generation + 1 });
    const after = await expectInvariants(cluster);
    expect(containers(after)).toEqual(containers(before));
    expect(after.metadata.generation).toBe(before.metadata.generation + 2);
  });

  it("refuses a broken edit with line and column and leaves the cluster alone", async () => {
    const before = await cluster.untilReady();
    const good = cluster.specText(3);
    await cluster.save(good.replace("replicas: 3", "replicas: three"));
    const refused = await cluster.until("the edit is refused", (o) => !isTrue(o, "SpecValid"));
    const condition = refused.status.conditions.find((c) => c.type === "SpecValid");
    expect(condition?.message).toMatch(/cluster\.yaml:6:13: spec\.replicas/);
    expect(containers(refused)).toEqual(containers(before));
    expect(refused.metadata.generation).toBe(before.metadata.generation);
    await cluster.save(good);
    await cluster.until("the good file is in force", (o) => isTrue(o, "SpecValid"));
    expect(containers(await expectInvariants(cluster))).toEqual(containers(before));
  });

  it("keeps the cluster when its file is removed", async () => {
    const before = await cluster.untilReady();
    await rm(cluster.specFile);
    await cluster.until("the removal is seen", (o) => !isTrue(o, "SpecValid"));
    await cluster.save(cluster.specText(3));
    await cluster.until("the file is back", (o) => isTrue(o, "SpecValid"));
    expect(containers(await cluster.object())).toEqual(containers(before));
  });

  it("goes on where it was after kill -9 of the controller and the embedded Mesos", async () => {
    const before = await cluster.untilReady();
    expect(await cluster.endController("SIGKILL")).toBe("SIGKILL");
    cluster.startController();
    const after = await expectInvariants(cluster);
    expect(containers(after)).toEqual(containers(before));
    expect(after.metadata.generation).toBe(before.metadata.generation);
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.status.nodes.map((n) => n.restarts)).toEqual(
      before.status.nodes.map((n) => n.restarts),
    );
  });

  it("heals a node that was killed while no controller ran", async () => {
    const before = await cluster.untilReady();
    await cluster.endController("SIGKILL");
    const victim = leaderOf(before);
    await cluster.killContainer(victim);
    cluster.startController();
    await cluster.until("the loss is seen", (o) => node(o, victim.slot).taskId !== victim.taskId);
    await expectInvariants(cluster);
  });

  it("rolls a change of resources out one container at a time", async () => {
    const before = await cluster.untilReady();
    await cluster.save(cluster.specText(3).replace("cpus: 0.1", "cpus: 0.2"));
    const after = await cluster.untilReady({ generation: before.metadata.generation + 1 });
    expect(isTrue(after, "AllMembersUpdated")).toBe(true);
    for (const one of after.status.nodes) {
      expect(one.container).not.toBe(node(before, one.slot).container);
    }
    await expectInvariants(cluster);
  });

  it("leaves its containers running when it is stopped in order", async () => {
    const before = await cluster.untilReady();
    expect(await cluster.endController("SIGTERM")).toBe(0);
    cluster.startController();
    expect(containers(await expectInvariants(cluster))).toEqual(containers(before));
  });
});

function node(object: JupyterClusterObject, slot: number) {
  const found = object.status.nodes.find((n) => n.slot === slot);
  if (found === undefined) throw new Error(`there is no slot ${slot}`);
  return found;
}

function leaderSlot(object: JupyterClusterObject): number | null {
  return object.status.nodes.find((n) => n.leader)?.slot ?? null;
}
