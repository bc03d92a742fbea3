/**
 * A quorum that is lost for good, snapshots and a full database, on real containers. Each case
 * checks with a writer of numbered keys what is there afterwards and what is not.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import type { OperationStatus } from "../../controller/model/operation.ts";
import type { SnapshotInfo } from "../../controller/model/snapshot.ts";
import { killAllContainers, loseData } from "../support/e2e/etcd-damage.ts";
import { expectInvariants } from "../support/e2e/invariants.ts";
import { isTrue, LocalCluster } from "../support/e2e/local-cluster.ts";
import { writerOn } from "../support/e2e/writer-on.ts";
import { followersOf, leaderOf } from "../support/e2e/nodes.ts";

const NAME = "e2e-phoenix";
let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await LocalCluster.create({
    name: NAME,
    subnet: "172.31.62",
    spec: [
      "  etcd:",
      "    quota: 16Mi",
      "    snapshots: { intervalSeconds: 0 }",
      "    recovery: { graceSeconds: 1 }",
    ],
  });
  cluster.startController();
  await cluster.untilServing();
  await cluster.untilReady();
});

afterAll(async () => {
  await cluster?.destroy();
});

describe("a majority's data is gone", () => {
  it("one survivor goes on by itself, with every write that it had acknowledged", async () => {
    const before = await cluster.untilReady();
    const writer = await writerOn(cluster, "survivor");
    // Every acknowledged write is on the leader: it is the one whose data is left.
    const survivor = leaderOf(before);
    await cluster.endController("SIGKILL");
    await killAllContainers(cluster, before);
    await writer.stop();
    await cluster.removeDataVolumes(followersOf(before));
    cluster.startController();
    await cluster.untilServing();
    const after = await recoveries(before.status.etcd.recoveries + 1);
    expect(after.status.etcd.clusterId).toBe(before.status.etcd.clusterId);
    expect(after.status.lastRecovery).toMatchObject({ from: "survivor", slot: survivor.slot });
    expect(operationOf(after)).toMatchObject({ kind: "Recover", askedBy: { via: "Controller" } });
    expect((await writer.verify()).violations).toEqual([]);
    await writer.close();
    expect(await eventReasons()).toEqual(
      expect.arrayContaining(["QuorumLost", "RecoveryBegun", "Recovered"]),
    );
  });
});

describe("all data is gone", () => {
  it("the newest snapshot is restored by itself; what is lost is exactly what was said", async () => {
    const writer = await writerOn(cluster, "snapshot");
    const saved = await saveSnapshot();
    await writer.untilAcknowledged(20);
    await writer.stop();
    const before = await cluster.untilReady();
    await loseData(cluster, before.status.nodes);
    await killAllContainers(cluster, before);
    const after = await recoveries(before.status.etcd.recoveries + 1);
    const told = after.status.lastRecovery;
    expect(told).toMatchObject({
      from: "snapshot",
      snapshotId: saved.id,
      revision: saved.revision,
    });
    expect(after.status.etcd.clusterId).not.toBe(before.status.etcd.clusterId);
    const report = await writer.verify({ revision: told?.revision ?? 0 });
    expect(report.violations).toEqual([]);
    expect(report.lost.length).toBeGreaterThanOrEqual(20);
    await writer.close();
    await expectInvariants(cluster);
  });

  it("the controller dies in the middle of a restore and goes on with it", async () => {
    const writer = await writerOn(cluster, "midway");
    const saved = await saveSnapshot();
    await writer.stop();
    const before = await cluster.untilReady();
    await loseData(cluster, before.status.nodes);
    await killAllContainers(cluster, before);
    const midway = (o: JupyterClusterObject) => reasonOf(o, "Quorate") === "Recovering";
    await cluster.until("the restore has begun", midway, 90_000);
    await cluster.endController("SIGKILL");
    cluster.startController();
    await cluster.untilServing();
    const after = await recoveries(before.status.etcd.recoveries + 1);
    expect(after.status.lastRecovery?.snapshotId).toBe(saved.id);
    expect(operationOf(after)).toMatchObject({ kind: "Recover", snapshotId: saved.id });
    expect((await writer.verify({ revision: saved.revision })).violations).toEqual([]);
    await writer.close();
  });
});

describe("a person decides", () => {
  it("to go back to an earlier snapshot", async () => {
    const writer = await writerOn(cluster, "asked");
    const saved = await saveSnapshot();
    await writer.untilAcknowledged(10);
    await writer.stop();
    const before = await cluster.object();
    const asked = await cluster.cli("snapshot", "restore", NAME, saved.id, "--yes");
    expect(asked.code, asked.stderr).toBe(0);
    const after = await recoveries(before.status.etcd.recoveries + 1);
    expect(after.status.lastRecovery?.snapshotId).toBe(saved.id);
    const askedBy = { via: "CommandLine", user: expect.stringContaining("@") };
    expect(operationOf(after)).toMatchObject({ kind: "Restore", snapshotId: saved.id, askedBy });
    const report = await writer.verify({ revision: saved.revision });
    expect(report.violations).toEqual([]);
    expect(report.lost.length).toBeGreaterThanOrEqual(10);
    await writer.close();
  });

  it("what follows when all data is gone and there is no snapshot", async () => {
    const listed = await cluster.cli("snapshot", "list", NAME, "-o", "json");
    const ids = (JSON.parse(listed.stdout) as SnapshotInfo[]).map((s) => s.id);
    expect(ids.length).toBeGreaterThanOrEqual(3);
    await cluster.endController("SIGTERM");
    await cluster.forgetSnapshots();
    cluster.startController();
    await cluster.untilServing();
    const before = await cluster.untilReady();
    await loseData(cluster, before.status.nodes);
    await killAllContainers(cluster, before);
    const stopped = await cluster.until(
      "the controller asks a person",
      (o) => conditionOf(o, "Quorate")?.message.includes("A person must decide") ?? false,
      90_000,
    );
    expect(stopped.status.etcd.recoveries).toBe(before.status.etcd.recoveries);
    const asked = await cluster.cli("snapshot", "restore", NAME, "--empty", "--yes");
    expect(asked.code, asked.stderr).toBe(0);
    operationOf(await recoveries(before.status.etcd.recoveries + 1));
    await expectInvariants(cluster);
  });
});

describe("the database reaches its quota", () => {
  it("is compacted, defragmented and takes writes again", async () => {
    const before = await cluster.untilReady();
    const node = leaderOf(before);
    // The same key again and again: all but the last revision is history.
    const fill =
      "head -c 700000 /dev/urandom | base64 -w0 > /tmp/big; " +
      "for i in $(seq 1 40); do etcdctl put big < /tmp/big >/dev/null || exit 7; done";
    const filled = await cluster.exec(node, ["bash", "-c", fill], "root");
    expect(filled.code, filled.stderr).toBe(7);
    expect(filled.stderr).toContain("database space exceeded");
    await cluster.until("the alarm is seen", (o) => !isTrue(o, "SpaceAvailable"));
    const cured = await cluster.until(
      "the alarm is taken back",
      (o) => isTrue(o, "SpaceAvailable") && isTrue(o, "Ready"),
      120_000,
    );
    const defragmented = cured.status.operations.filter(({ kind }) => kind === "Defragment");
    expect(defragmented).toContainEqual(expect.objectContaining({ state: "Succeeded" }));
    const put = await cluster.etcdctl(leaderOf(cured), "put", "small", "1");
    expect(put.code, put.stderr).toBe(0);
    expect(await eventReasons()).toEqual(expect.arrayContaining(["EtcdCompacted", "AlarmCleared"]));
  });
});

/** Its operation has succeeded, whoever asked for it. */
function operationOf({ status }: JupyterClusterObject): OperationStatus | undefined {
  const last = status.operations.findLast(({ kind }) => kind === "Recover" || kind === "Restore");
  expect(last).toMatchObject({ state: "Succeeded", message: status.lastRecovery?.message });
  return last;
}

function recoveries(times: number): Promise<JupyterClusterObject> {
  return cluster.until(
    "the cluster was begun anew and is Ready",
    (o) => o.status.etcd.recoveries >= times && isTrue(o, "Ready") && !isTrue(o, "Progressing"),
    120_000,
  );
}

async function saveSnapshot(): Promise<SnapshotInfo> {
  const saved = await cluster.cli("snapshot", "save", NAME, "-o", "json");
  expect(saved.code, saved.stderr).toBe(0);
  return JSON.parse(saved.stdout) as SnapshotInfo;
}

async function eventReasons(): Promise<string[]> {
  const response = await fetch(`${cluster.objectUrl}/events`);
  const { items } = (await response.json()) as { items: { reason: string }[] };
  return items.map((e) => e.reason);
}

function conditionOf(object: JupyterClusterObject, type: string) {
  return object.status.conditions.find((c) => c.type === type);
}

function reasonOf(object: JupyterClusterObject, type: string): string | undefined {
  return conditionOf(object, type)?.reason;
}
