/**
 * Two state directories, one Docker Engine and one name: the second is refused what the first has
 * made, says whose it is, and goes on with the data when a person says so.
 */
import Docker from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import { clusterLabels } from "../../controller/docker/labels.ts";
import { listVolumes } from "../../controller/docker/volumes.ts";
import { dataVolumeName } from "../../controller/model/ids.ts";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";

const OPTIONS = { name: "e2e-owners", subnet: "172.31.67" } as const;
const REF = { namespace: "default", name: OPTIONS.name };
const KEY = "/e2e/whose";

let first: LocalCluster;
let second: LocalCluster;

beforeAll(async () => {
  first = await LocalCluster.create(OPTIONS);
  second = await LocalCluster.create(OPTIONS);
});

afterAll(async () => {
  await second.destroy();
  await first.destroy();
});

const readyOf = ({ status }: JupyterClusterObject) =>
  status.conditions.find((c) => c.type === "Ready");

const nodeOf = ({ status }: JupyterClusterObject, slot: number) => {
  const node = status.nodes.find((n) => n.slot === slot);
  if (node === undefined) throw new Error(`no slot ${slot}`);
  return node;
};

it("refuses another's volumes, names their owner, and goes on with them once adopted", async () => {
  first.startController();
  const formed = await first.untilReady();
  const { uid } = formed.metadata;
  expect((await first.etcdctl(nodeOf(formed, 0), "put", KEY, "first's")).code).toBe(0);
  const volumes = await listVolumes(new Docker(), clusterLabels(REF));
  expect(volumes.map(({ owner }) => [owner?.uid, owner?.createdBy])).toEqual(
    volumes.map(() => [uid, expect.stringContaining(first.stateDir)]),
  );
  const beside = await second.cli("up", second.specFile, "--api", `127.0.0.1:${first.ports.api}`);
  expect(beside.code, beside.stderr).toBe(5);
  expect(beside.stderr).toContain(`state directory ${first.stateDir}) runs already`);
  expect(beside.stderr).toMatch(
    /\nnpx jupyter-cluster copy \S+ e2e-owners-2\.yaml --name e2e-owners-2 --subnet \S+ --proxy-port \d+ && npx jupyter-cluster up e2e-owners-2\.yaml --api \S+ --state-dir \S+-2/,
  );
  await first.endController("SIGTERM");

  second.startController();
  await second.untilServing();
  const refused = await second.until(
    "the other's volumes are refused",
    (o) => readyOf(o)?.reason === "ForeignVolume",
  );
  expect(readyOf(refused)?.message).toContain(dataVolumeName(REF, 0));
  expect(readyOf(refused)?.message).toContain(uid);
  expect(readyOf(refused)?.message).toContain(first.stateDir);
  expect(refused.status.nodes.map((n) => n.taskId)).toEqual([null, null, null]);

  const atWork = await second.cli("adopt", OPTIONS.name, "--yes");
  expect(atWork.code, atWork.stderr).toBe(5);
  expect(atWork.stderr).toMatch(/docker rm -f \w+ \w+ \w+ && jupyter-cluster adopt e2e-owners/);

  expect((await first.cli("down")).code).toBe(0);
  const dry = await second.cli("adopt", OPTIONS.name, "--dry-run");
  expect(dry.code, dry.stderr).toBe(0);
  expect(dry.stdout).toContain(dataVolumeName(REF, 2));
  expect(dry.stdout).toContain("network");
  expect((await second.object()).status.nodes.map((n) => n.taskId)).toEqual([null, null, null]);

  const adopted = await second.cli("adopt", OPTIONS.name, "--yes");
  expect(adopted.code, adopted.stderr).toBe(0);
  const ready = await second.untilReady();
  expect(ready.metadata.uid).not.toBe(uid);
  expect(ready.status.etcd.clusterId).toBe(formed.status.etcd.clusterId);
  expect(ready.status.etcd.recoveries).toBe(0);
  expect(await second.etcdGet(nodeOf(ready, 0), KEY)).toBe("first's");

  await second.endController("SIGTERM");
  second.startController();
  await second.untilServing();
  await second.untilReady();
  expect((await second.cli("adopt", OPTIONS.name, "--yes")).stderr).toContain("Nothing that");
});
