/**
 * The hot spare on real containers: a voter dies, the learner that stands by votes in its place, and the
 * dead slot comes back as the next spare; nothing that was acknowledged is lost. How soon there are as many
 * voters as before is told beside the same cluster without a spare, and not judged: this machine is shared.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientUrl } from "../../controller/model/ids.ts";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import { expectInvariants } from "../support/e2e/invariants.ts";
import { isTrue, LocalCluster } from "../support/e2e/local-cluster.ts";
import { writerOn } from "../support/e2e/writer-on.ts";
import { followersOf, leaderOf } from "../support/e2e/nodes.ts";
import type { KeyWriter } from "../support/etcd/key-writer.ts";
import { TLS } from "../support/etcd/transport.ts";
import { VotersWatch } from "../support/etcd/voters-watch.ts";

const NAME = "e2e-spare";
const REPLICAS = 3;
const KILLS = 3;
let cluster: LocalCluster;
let writer: KeyWriter;
let watch: VotersWatch;

type Who = (object: JupyterClusterObject) => NodeStatus;
const KINDS = {
  follower: (o) => followersOf(o).find((n) => n.phase === "Running") as NodeStatus,
  leader: leaderOf,
} satisfies Record<string, Who>;
type Kind = keyof typeof KINDS;

const without: Record<Kind, number[]> = { follower: [], leader: [] };
const withSpare: Record<Kind, number[]> = { follower: [], leader: [] };

beforeAll(async () => {
  cluster = await LocalCluster.create({ name: NAME, subnet: "172.31.98", replicas: REPLICAS });
  cluster.startController();
  await cluster.untilServing();
  await cluster.untilReady();
  writer = await writerOn(cluster);
  watch = new VotersWatch(await cluster.etcdIdentity());
});

afterAll(async () => {
  await watch?.close();
  await writer?.close();
  await cluster?.destroy();
});

describe("a lost voter", () => {
  it.each(["follower", "leader"] as const)(
    "without a spare comes back as it was: a %s",
    async (kind) => {
      for (let i = 0; i < KILLS; i++) {
        const before = await cluster.untilReady();
        without[kind].push(await killAndMeasure(before, kind));
        await cluster.untilReady();
      }
    },
  );

  it("is stood in for by a spare that joins the running cluster as a learner, without a name", async () => {
    await cluster.save(`${cluster.specText(REPLICAS)}  etcd: { standby: learner }\n`);
    const object = await standsBy();
    expect(object.status).toMatchObject({ replicas: REPLICAS, readyReplicas: REPLICAS });
    const [spare, ...others] = object.status.nodes.filter((n) => n.etcd?.isLearner);
    expect(others).toEqual([]);
    expect(spare).toMatchObject({ slot: 3, name: null, phase: "Standby", ready: true });
    await expectInvariants(cluster);
  });

  it.each(["follower", "leader"] as const)(
    "is replaced by the spare, and is the next spare: a %s",
    async (kind) => {
      for (let i = 0; i < KILLS; i++) {
        const before = await standsBy();
        const victim = KINDS[kind](before);
        const [spare] = before.status.nodes.filter((n) => n.phase === "Standby");
        withSpare[kind].push(await killAndMeasure(before, kind));
        const after = await standsBy((o) => phaseOf(o, victim) === "Standby");
        expect(phaseOf(after, spare)).toBe("Running");
        expect(after.status.etcd.clusterId).toBe(before.status.etcd.clusterId);
        if (kind === "follower") {
          expect(after.status.nodes.find((n) => n.slot === spare?.slot)?.name).toBe(victim.name);
        }
      }
      await expectInvariants(cluster);
    },
  );

  it("that is the spare itself comes back as the same learner", async () => {
    const before = await standsBy();
    const [spare] = before.status.nodes.filter((n) => n.phase === "Standby");
    if (spare === undefined) throw new Error("no spare stands by");
    await cluster.killContainer(spare);
    await cluster.until("it is seen", (o) => phaseOf(o, spare) !== "Standby");
    const after = await standsBy();
    expect(after.status.nodes.find((n) => n.slot === spare.slot)?.etcd).toMatchObject({
      memberId: spare.etcd?.memberId,
      isLearner: true,
    });
  });

  it("costs nothing that was acknowledged, before and during all of it", async () => {
    await writer.untilAcknowledged(10);
    await writer.stop();
    const report = await writer.verify();
    expect(report.violations).toEqual([]);
    expect(report.acknowledged).toBeGreaterThan(100);
  });

  it("leaves the cluster short for less time", () => {
    for (const kind of ["follower", "leader"] as const) {
      const [own, spare] = [median(without[kind]), median(withSpare[kind])];
      const list = (all: readonly number[]) => all.map((ms) => Math.round(ms)).join(", ");
      console.log(
        `${kind}: ${REPLICAS} voters again after ${Math.round(spare)} ms with a spare ` +
          `(${list(withSpare[kind])}), after ${Math.round(own)} ms without (${list(without[kind])}): ` +
          `ratio ${(spare / own).toFixed(2)}`,
      );
      expect(withSpare[kind]).toHaveLength(KILLS);
    }
  });
});

function killAndMeasure(before: JupyterClusterObject, kind: Kind): Promise<number> {
  const kill = () => cluster.killContainer(KINDS[kind](before));
  const endpoints = before.status.nodes.map(({ ip }) => clientUrl(ip, TLS));
  return watch.afterKill(kill, endpoints, REPLICAS);
}

function standsBy(
  met: (object: JupyterClusterObject) => boolean = () => true,
): Promise<JupyterClusterObject> {
  return cluster.until("a spare stands by, and all is Ready", (o) => {
    const spares = o.status.nodes.filter((n) => n.phase === "Standby");
    return isTrue(o, "Ready") && spares.length === 1 && met(o);
  });
}

function phaseOf({ status }: JupyterClusterObject, node: NodeStatus | undefined) {
  return status.nodes.find((n) => n.slot === node?.slot)?.phase;
}

function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
}
