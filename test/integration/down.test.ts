/** `down` without a controller: what the state directory remembers goes, all else stays. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { listClusterContainers, removeContainer } from "../../controller/docker/containers.ts";
import { clusterLabels } from "../../controller/docker/labels.ts";
import { ensureNetwork, removeNetwork } from "../../controller/docker/networks.ts";
import { ensureVolume, listVolumes, removeVolumes } from "../../controller/docker/volumes.ts";
import { clusterKey, LABELS, taskIdOf } from "../../controller/model/ids.ts";
import { openStateDir } from "../../controller/store/state-dir.ts";
import { cli } from "../unit/cli/captured-context.ts";
import { TEST_LABEL } from "../support/docker-remains.ts";
import { freePort } from "../support/free-port.ts";
import { ensureSmallImage, SMALL_IMAGE } from "../support/mesos-local/small-image.ts";
import { fakeMemory } from "../support/planner/fixtures.ts";
import { silentLog } from "../support/silent-log.ts";

const docker = new Docker();
const ref = { namespace: `down-test-${randomBytes(3).toString("hex")}`, name: "lab" };
const OURS = "11111111-0000-4000-8000-000000000000";
const FOREIGN = "22222222-0000-4000-8000-000000000000";
const common = { ...clusterLabels(ref), [TEST_LABEL]: ref.namespace };
const labels = { ...common, [LABELS.uid]: OURS };
const network = {
  name: `${ref.namespace}-net`,
  driver: "bridge",
  ipamDriver: "default",
  subnet: "172.31.57.0/24",
  firstAddress: "172.31.57.10",
  options: {},
};

let dir: string;

beforeAll(() => ensureSmallImage(docker));

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-down-"));
});

afterEach(async () => {
  const containers = await listClusterContainers(docker, { namespace: ref.namespace });
  await Promise.all(containers.map((container) => removeContainer(docker, container.id)));
  await removeVolumes(docker, common);
  await removeNetwork(docker, network.name, labels);
  await rm(dir, { recursive: true });
});

/** A state directory that remembers the cluster, as a controller leaves it. */
async function remember(masters = "local"): Promise<void> {
  const memory = fakeMemory({ network });
  const metadata = { ...memory.cluster.metadata, ...ref };
  const state = await openStateDir(dir, { log: silentLog });
  await state.framework.save({ frameworkId: "framework", masters });
  const cluster = { ...memory.cluster, metadata };
  await state.memories.save(clusterKey(ref), { ...memory, uid: OURS, cluster });
  await state.close();
}

async function remembered(): Promise<readonly string[]> {
  const state = await openStateDir(dir, { log: silentLog });
  const keys = [...(await state.memories.loadAll()).keys()];
  await state.close();
  return keys;
}

async function frameworkId(): Promise<string | null | undefined> {
  const state = await openStateDir(dir, { log: silentLog });
  const record = await state.framework.load();
  await state.close();
  return record?.frameworkId;
}

async function startContainer(uid: string, slot: number): Promise<string> {
  const container = await docker.createContainer({
    Image: SMALL_IMAGE,
    Entrypoint: ["/bin/sleep"],
    Cmd: ["600"],
    Labels: {
      ...labels,
      [LABELS.slot]: String(slot),
      [LABELS.task]: taskIdOf(ref, uid, slot, 12),
    },
    HostConfig: { NetworkMode: "none" },
  });
  await container.start();
  return container.id;
}

async function runningIds(): Promise<readonly string[]> {
  const containers = await listClusterContainers(docker, { namespace: ref.namespace });
  return containers.filter((container) => container.running).map((container) => container.id);
}

async function down(...args: readonly string[]) {
  const api = `http://127.0.0.1:${await freePort()}`;
  return cli(["down", "--state-dir", dir, "--api", api, ...args]);
}

describe("down without a controller", () => {
  it("removes the remembered clusters' containers, and keeps data, memory and others'", async () => {
    await remember();
    await ensureVolume(docker, `${ref.namespace}-data`, labels);
    const ours = await startContainer(OURS, 1);
    const foreign = await startContainer(FOREIGN, 1);
    const { code, stdout } = await down();
    expect(code).toBe(0);
    expect(stdout).toBe(`removed container of lab slot 1 (${ours.slice(0, 12)})\n`);
    expect(await runningIds()).toEqual([foreign]);
    expect((await listVolumes(docker, labels)).map(({ name }) => name)).toEqual([
      `${ref.namespace}-data`,
    ]);
    expect(await remembered()).toEqual([clusterKey(ref)]);
  });

  it("with --volumes removes volumes, network and memory too", async () => {
    await remember();
    await ensureNetwork(docker, network, labels);
    await ensureVolume(docker, `${ref.namespace}-data`, labels);
    await startContainer(OURS, 0);
    const { code, stdout, stderr } = await down("--volumes", "--yes");
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`removed volume ${ref.namespace}-data\n`);
    expect(stdout).toContain(`removed network ${network.name}\n`);
    expect(await runningIds()).toEqual([]);
    expect(await listVolumes(docker, labels)).toEqual([]);
    expect(await remembered()).toEqual([]);
  });

  it("leaves the volumes of another person's cluster of that name, and says so", async () => {
    await remember();
    const [ours, theirs, old] = ["ours", "theirs", "old"].map((v) => `${ref.namespace}-${v}`);
    await ensureVolume(docker, ours ?? "", labels);
    await ensureVolume(docker, theirs ?? "", { ...common, [LABELS.uid]: FOREIGN });
    await ensureVolume(docker, old ?? "", common);
    const { code, stdout, stderr } = await down("--volumes", "--yes");
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`removed volume ${ours}\n`);
    expect(stderr).toContain(
      `Not removed: volume ${theirs} of another cluster ${ref.namespace}/lab`,
    );
    expect(stderr).toContain(`uid ${FOREIGN}`);
    // This memory has never launched a node: what early 0.1.0 left here is not its own.
    expect(stderr).toContain(`Not removed: volume ${old} of`);
  });

  it("removes no data without a yes", async () => {
    await remember();
    const ours = await startContainer(OURS, 0);
    const { code, stderr } = await down("--volumes");
    expect(code).toBe(5);
    expect(stderr).toContain("Nothing was removed. Without a terminal to ask on, say --yes.");
    expect(await runningIds()).toEqual([ours]);
  });

  it("says that a controller holds the state directory that does not answer", async () => {
    await remember();
    const ours = await startContainer(OURS, 0);
    const state = await openStateDir(dir, { log: silentLog });
    const { code, stderr } = await down();
    await state.close();
    expect(code).toBe(5);
    expect(stderr).toMatch(/Process \d+ .* say where it does with --api/);
    expect(await runningIds()).toEqual([ours]);
  });

  it("does not pretend to reach containers that a real Mesos runs elsewhere", async () => {
    await remember("m1:5050,m2:5050");
    const { code, stderr } = await down();
    expect(code).toBe(3);
    expect(stderr).toContain("m1:5050,m2:5050: only a controller can remove them");
    expect(await frameworkId()).toBe("framework");
    expect((await down("--forget-framework")).code).toBe(0);
    expect(await frameworkId()).toBeNull();
    expect(await remembered()).toEqual([clusterKey(ref)]);
  });

  it("finds nothing to do where no controller ever ran, and makes no directory", async () => {
    const nowhere = join(dir, "nowhere");
    const { code, stdout, stderr } = await down("--state-dir", nowhere);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toBe(`Nothing to remove: there is no ${nowhere}.\n`);
  });
});
