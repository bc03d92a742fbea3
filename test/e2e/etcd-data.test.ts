/**
 * No acknowledged write is lost, whatever dies, as long as a majority keeps its data: a writer puts
 * numbered keys through etcd during all of it, and in most cases the controller is killed in the
 * middle and started again. The cases share one cluster and run in this order.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import { corruptDatabase, killAllContainers, loseData } from "../support/e2e/etcd-damage.ts";
import { expectInvariants } from "../support/e2e/invariants.ts";
import { isTrue, LocalCluster } from "../support/e2e/local-cluster.ts";
import { writerOn } from "../support/e2e/writer-on.ts";
import { followersOf, leaderOf } from "../support/e2e/nodes.ts";
import { QuorumSampler } from "../support/e2e/quorum-sampler.ts";
import type { KeyWriter } from "../support/etcd/key-writer.ts";

const NAME = "e2e-vault";
let cluster: LocalCluster;
let writer: KeyWriter;

beforeAll(async () => {
  cluster = await LocalCluster.create({ name: NAME, subnet: "172.31.61" });
  cluster.startController();
  await cluster.untilServing();
  await cluster.untilReady();
  writer = await writerOn(cluster);
});

afterAll(async () => {
  await writer?.close();
  await cluster?.destroy();
});

describe("acknowledged writes survive", () => {
  it("a killed follower, which comes back as the same member on the same data", async () => {
    const before = await cluster.untilReady();
    const victim = aFollower(before);
    await cluster.killContainer(victim);
    await controllerDiesOnce(() => seen(victim));
    const after = await recovered();
    expect(memberIds(after)).toEqual(memberIds(before));
  });

  it("a killed leader", async () => {
    const before = await cluster.untilReady();
    const victim = leaderOf(before);
    await cluster.killContainer(victim);
    await controllerDiesOnce(() => seen(victim));
    expect(memberIds(await recovered())).toEqual(memberIds(before));
  });

  it("the death of all containers at once: all resume, and the membership is as it was", async () => {
    const before = await cluster.untilReady();
    await killAllContainers(cluster, before);
    await controllerDiesOnce(() => cluster.until("the loss is seen", (o) => !isTrue(o, "Ready")));
    const after = await recovered();
    expect(memberIds(after)).toEqual(memberIds(before));
    expect(after.status.etcd.clusterId).toBe(before.status.etcd.clusterId);
  });

  it("the loss of one data volume: its member is replaced through a learner", async () => {
    const before = await cluster.untilReady();
    const victim = aFollower(before);
    await loseData(cluster, [victim]);
    await cluster.killContainer(victim);
    await controllerDiesOnce(() => seen(victim));
    await expectReplaced(before, victim, await recovered());
  });

  it("a corrupted data file: its member is wiped and joins anew", async () => {
    const before = await cluster.untilReady();
    const victim = aFollower(before);
    await corruptDatabase(cluster, victim);
    const lost = (o: JupyterClusterObject) =>
      memberIds(o).get(victim.slot) !== memberIds(before).get(victim.slot);
    await controllerDiesOnce(() => cluster.until("the broken member is gone", lost, 90_000));
    await expectReplaced(before, victim, await recovered());
  });

  it("growing and shrinking: 3 to 5 to 3 to 1 to 3", async () => {
    for (const replicas of [5, 3, 1, 3]) {
      const { metadata } = await cluster.object();
      await cluster.save(cluster.specText(replicas));
      const begun = (o: JupyterClusterObject) => o.metadata.generation > metadata.generation;
      await controllerDiesOnce(() => cluster.until("the edit is taken", begun));
      const after = await cluster.untilReady({ generation: metadata.generation + 1 });
      expect(after.status.nodes).toHaveLength(replicas);
    }
    await recovered();
  }, 300_000);

  it("a rolling update that is changed again on its way, never with less than a quorum", async () => {
    const before = await cluster.untilReady();
    const sampler = QuorumSampler.start(NAME);
    const spec = cluster.specText(3);
    await cluster.save(spec.replace("cpus: 0.1", "cpus: 0.2"));
    const outdated = (o: JupyterClusterObject) => !isTrue(o, "AllMembersUpdated");
    await cluster.until("the first update is on its way", outdated);
    await cluster.save(spec.replace("cpus: 0.1", "cpus: 0.3"));
    const newest = before.metadata.generation + 2;
    const begun = (o: JupyterClusterObject) => o.metadata.generation === newest;
    await controllerDiesOnce(() => cluster.until("the second edit is taken", begun));
    const after = await cluster.untilReady({ generation: newest, timeoutMs: 180_000 });
    expect(isTrue(after, "AllMembersUpdated")).toBe(true);
    await recovered();
    const { fewest, samples } = await sampler.stop();
    expect(samples).toBeGreaterThan(50);
    expect(fewest).toBeGreaterThanOrEqual(2);
    expect(memberIds(after)).toEqual(memberIds(before));
  }, 300_000);

  it("all of that: not one is missing", async () => {
    await writer.untilAcknowledged(10);
    await writer.stop();
    const report = await writer.verify();
    expect(report.violations).toEqual([]);
    expect(report.acknowledged).toBeGreaterThan(500);
    await expectInvariants(cluster);
  });
});

/** Ready again, and the writer goes on. */
async function recovered(): Promise<JupyterClusterObject> {
  const object = await cluster.untilReady({ timeoutMs: 120_000 });
  await writer.untilAcknowledged(10);
  return object;
}

/** The controller is killed at the moment at which `midway` resolves, and started again. */
async function controllerDiesOnce(midway: () => Promise<unknown>): Promise<void> {
  await midway();
  await cluster.endController("SIGKILL");
  cluster.startController();
  await cluster.untilServing();
}

function seen(victim: NodeStatus): Promise<unknown> {
  return cluster.until("the loss is seen", (o) =>
    o.status.nodes.some((n) => n.slot === victim.slot && n.taskId !== victim.taskId),
  );
}

async function expectReplaced(
  before: JupyterClusterObject,
  victim: NodeStatus,
  after: JupyterClusterObject,
): Promise<void> {
  const [old, now] = [memberIds(before), memberIds(after)];
  expect(now.get(victim.slot)).not.toBe(old.get(victim.slot));
  for (const { slot } of before.status.nodes.filter((n) => n.slot !== victim.slot)) {
    expect(now.get(slot)).toBe(old.get(slot));
  }
  expect(after.status.etcd.clusterId).toBe(before.status.etcd.clusterId);
}

function memberIds(object: JupyterClusterObject): Map<number, string | undefined> {
  return new Map(object.status.nodes.map((n) => [n.slot, n.etcd?.memberId]));
}

function aFollower(object: JupyterClusterObject): NodeStatus {
  const [follower] = followersOf(object);
  if (follower === undefined) throw new Error("there is no follower");
  return follower;
}
