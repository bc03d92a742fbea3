/**
 * The hot spare beside what people ask for, on real containers: more and fewer replicas, an update, a restore.
 * Somebody writes all the time, and a notebook holds a variable: nothing that was acknowledged is lost but by the
 * restore, no slot has two containers, and a kernel goes only with its container.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import { expectInvariants } from "../support/e2e/invariants.ts";
import { kernelStatus } from "../support/e2e/kernel-node.ts";
import { isTrue, type LocalCluster } from "../support/e2e/local-cluster.ts";
import { type NotebookCluster, notebookCluster } from "../support/e2e/notebook-cluster.ts";
import type { NotebookUser } from "../support/e2e/notebook-user.ts";
import { QuorumSampler } from "../support/e2e/quorum-sampler.ts";
import { writerOn } from "../support/e2e/writer-on.ts";
import type { KeyWriter } from "../support/etcd/key-writer.ts";

const NAME = "e2e-spare-operations";
let made: NotebookCluster;
let cluster: LocalCluster;
let user: NotebookUser;

beforeAll(async () => {
  made = await notebookCluster({
    ...{ name: NAME, subnet: "172.31.99" },
    spec: [
      "  kernels: { placement: spread }",
      "  etcd: { standby: learner, heartbeatMilliseconds: 100, electionMilliseconds: 1000 }",
    ],
  });
  ({ cluster, user } = made);
}, 400_000);

afterAll(() => made?.end(), 120_000);

describe("with a spare", () => {
  it("3 replicas become 5 and 3 again: a kernel lives whose slot stays", async () => {
    const before = await standsBy(3);
    const { kernel, container } = await kernelWithVariable(before);
    const watch = await watching();
    for (const replicas of [5, 3]) {
      await cluster.save(cluster.specText(replicas));
      await standsBy(replicas, (o) => o.status.nodes.length === replicas + 1);
    }
    const after = await cluster.object();
    expect(after.status.nodes.map((n) => n.container)).toContain(container);
    expect(await user.run(kernel, "print(x)")).toBe("41");
    await watch.nothingWasLost();
    await user.shutDown(kernel);
  });

  it("an update begins with the spare, and ends with all nodes new and one that stands by", async () => {
    const before = await standsBy(3);
    const watch = await watching();
    const { generation } = before.metadata;
    await cluster.save(cluster.specText(3).replace("cpus: 0.1", "cpus: 0.2"));
    const first = await cluster.until("one node is new", (o) => renewed(o, before).length > 0);
    expect(renewed(first, before)).toEqual([spareOf(before).slot]);
    const after = await standsBy(3, (o) => o.metadata.generation > generation);
    expect(renewed(after, before)).toEqual([0, 1, 2, 3]);
    expect(memberIds(after)).toEqual(memberIds(before));
    await watch.nothingWasLost();
  });

  it("a restore ends with what the snapshot has, and one node that stands by", async () => {
    const before = await standsBy(3);
    const writer = await writerOn(cluster, "restored");
    const saved = await cluster.cli("snapshot", "save", NAME, "-o", "json");
    const { id, revision } = JSON.parse(saved.stdout) as { id: string; revision: number };
    await writer.untilAcknowledged(10);
    await writer.stop();
    const asked = await cluster.cli("snapshot", "restore", NAME, id, "--yes");
    expect(asked.code, asked.stderr).toBe(0);
    await standsBy(3, (o) => o.status.etcd.recoveries > before.status.etcd.recoveries);
    const report = await writer.verify({ revision });
    expect(report.violations).toEqual([]);
    expect(report.lost.length).toBeGreaterThanOrEqual(10);
    await writer.close();
  });

  it("leaves all of it as it has to be", async () => {
    await expectInvariants(cluster);
  });
});

/** Ready, all as it is to be, and one node stands by. */
function standsBy(
  replicas: number,
  met: (object: JupyterClusterObject) => boolean = () => true,
): Promise<JupyterClusterObject> {
  const isSo = (o: JupyterClusterObject) =>
    isTrue(o, "Ready") &&
    !isTrue(o, "Progressing") &&
    o.status.readyReplicas === replicas &&
    o.status.nodes.filter((n) => n.phase === "Standby").length === 1;
  return cluster.until("a spare stands by", (o) => isSo(o) && met(o), 180_000);
}

async function kernelWithVariable(object: JupyterClusterObject) {
  const kernel = await user.startKernel();
  await user.run(kernel, "x = 41");
  const slot = (await kernelStatus(cluster, kernel))?.slot;
  const container = object.status.nodes.find((n) => n.slot === slot)?.container ?? null;
  return { kernel, slot, container };
}

/** From now on, until it is asked. */
async function watching() {
  const writer: KeyWriter = await writerOn(cluster, `while-${Date.now()}`);
  const sampler = QuorumSampler.start(NAME);
  const nothingWasLost = async () => {
    await writer.untilAcknowledged(10);
    await writer.stop();
    const report = await writer.verify();
    await writer.close();
    const { fewest, mostInOneSlot, samples } = await sampler.stop();
    const longest = `longest time without a write: ${report.longestGapMs} ms`;
    console.log(`${longest}; ${fewest} to 4 or more containers ran, of ${samples} looks`);
    expect(report.violations).toEqual([]);
    expect(samples).toBeGreaterThan(20);
    expect(mostInOneSlot).toBe(1);
    // One of four leaves at a time.
    expect(fewest).toBeGreaterThanOrEqual(3);
  };
  return { nothingWasLost };
}

function spareOf({ status }: JupyterClusterObject): NodeStatus {
  const spare = status.nodes.find((n) => n.phase === "Standby");
  if (spare === undefined) throw new Error("no spare stands by");
  return spare;
}

/** Slots whose container is another than before. */
function renewed(now: JupyterClusterObject, before: JupyterClusterObject): number[] {
  return now.status.nodes
    .filter(({ slot, container }) => {
      const old = before.status.nodes.find((n) => n.slot === slot);
      return container !== null && container !== old?.container;
    })
    .map(({ slot }) => slot)
    .toSorted((a, b) => a - b);
}

function memberIds({ status }: JupyterClusterObject) {
  return new Map(status.nodes.map((n) => [n.slot, n.etcd?.memberId]));
}
