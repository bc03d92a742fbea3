/**
 * A site updates while it works, and goes back: the controller and the nodes of the release before are
 * replaced under a user's requests, and the other way round. Nothing is lost either way.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { RELEASE } from "../../controller/model/release.ts";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { expectInvariants, jupyterUrl } from "../support/e2e/invariants.ts";
import { isTrue, LocalCluster, type OtherRelease } from "../support/e2e/local-cluster.ts";
import { leaderOf } from "../support/e2e/nodes.ts";
import { ProxyUser } from "../support/e2e/proxy-user.ts";
import { recordFixtures } from "../support/release-before/record-fixtures.ts";
import {
  buildReleaseBefore,
  imageOfReleaseBefore,
  RELEASE_BEFORE,
  whyNotBuildable,
} from "../support/release-before/release-before.ts";

const NAME = "e2e-releases";
const KEY = "/e2e/before";
const BUILD_MS = 240_000;

const missing = await whyNotBuildable();
if (missing !== null) console.warn(missing);

describe.skipIf(missing !== null)(
  `beside the release before${missing ? `: ${missing}` : ""}`,
  () => {
    let cluster: LocalCluster;
    let before: OtherRelease;

    beforeAll(async () => {
      const built = await buildReleaseBefore();
      const image = await imageOfReleaseBefore(built, inject("agentImage"));
      before = { program: built.program, image };
      cluster = await LocalCluster.create({ name: NAME, subnet: "172.31.77" });
    }, BUILD_MS);

    afterAll(async () => {
      await cluster?.destroy();
    });

    it("is updated node by node: no request fails, and nothing is lost", async () => {
      cluster.startController(before);
      const old = await expectInvariants(cluster);
      expect(await releaseOf(cluster)).toBe(RELEASE_BEFORE.release);
      expect((await cluster.etcdctl(leaderOf(old), "put", KEY, "of the old")).code).toBe(0);
      // For a new release: `npm run record-release`.
      const fixtures = process.env["RECORD_FIXTURES"];
      if (fixtures) await recordFixtures(cluster, old, fixtures);
      await cluster.endController("SIGTERM");

      cluster.startController();
      await cluster.untilServing();
      const user = ProxyUser.start(await jupyterUrl(cluster));
      const told = await cluster.until("the old agents are told", (o) => isSaid(o, "Outdated"));
      expect(messageOf(told)).toContain(`${RELEASE_BEFORE.release} or before`);
      const updated = await replacedOneByOne(cluster, old);
      await user.untilServed(5);
      await user.stop();
      expect(user.failures).toEqual([]);
      expect(await releaseOf(cluster)).toBe(RELEASE);
      expect(updated.status.nodes.map((n) => n.version)).toEqual([RELEASE, RELEASE, RELEASE]);
      expect(sameCluster(updated)).toEqual(sameCluster(old));
      expect(await cluster.etcdGet(leaderOf(updated), KEY)).toBe("of the old");
      await expectInvariants(cluster);
    });

    it("goes back the same way: the old controller reads what the new one wrote", async () => {
      const updated = await cluster.untilReady();
      expect((await cluster.etcdctl(leaderOf(updated), "put", KEY, "of the new")).code).toBe(0);
      await cluster.endController("SIGTERM");
      expect(await formatOf(cluster)).toMatchObject({ version: 2 });

      cluster.startController(before);
      await cluster.untilServing();
      const user = ProxyUser.start(await jupyterUrl(cluster));
      const back = await replacedOneByOne(cluster, updated);
      await user.untilServed(5);
      await user.stop();
      expect(user.failures).toEqual([]);
      expect(await releaseOf(cluster)).toBe(RELEASE_BEFORE.release);
      expect(sameCluster(back)).toEqual(sameCluster(updated));
      expect(await cluster.etcdGet(leaderOf(back), KEY)).toBe("of the new");
      await expectInvariants(cluster);
    });
  },
);

async function replacedOneByOne(
  cluster: LocalCluster,
  from: JupyterClusterObject,
): Promise<JupyterClusterObject> {
  const tasks = new Set(from.status.nodes.map((n) => n.taskId));
  const done = (o: JupyterClusterObject) =>
    isTrue(o, "Ready") &&
    isTrue(o, "AllMembersUpdated") &&
    o.status.nodes.every((n) => n.taskId !== null && !tasks.has(n.taskId));
  return cluster.until("every node is of the release that runs", done, 150_000);
}

const updatedCondition = ({ status }: JupyterClusterObject) =>
  status.conditions.find((c) => c.type === "AllMembersUpdated");

const isSaid = (object: JupyterClusterObject, reason: string) =>
  updatedCondition(object)?.reason === reason && messageOf(object).includes("Agents of");

const messageOf = (object: JupyterClusterObject) => updatedCondition(object)?.message ?? "";

/** What stays the same whatever is updated. */
function sameCluster({ metadata, status }: JupyterClusterObject): object {
  const { uid, generation } = metadata;
  return { uid, generation, clusterId: status.etcd.clusterId, recoveries: status.etcd.recoveries };
}

/** Of the controller that runs, as it says itself. */
async function releaseOf(cluster: LocalCluster): Promise<string> {
  const answer = await fetch(`${cluster.apiUrl}/status`, { signal: AbortSignal.timeout(2_000) });
  return ((await answer.json()) as { controller: { version: string } }).controller.version;
}

async function formatOf(cluster: LocalCluster): Promise<unknown> {
  return JSON.parse(await readFile(join(cluster.stateDir, "version.json"), "utf8"));
}
