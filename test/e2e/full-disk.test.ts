/**
 * A notebook fills the disk on which the data of all nodes lies: etcd and the agents go on, the user is told why, and
 * so are those who run the cluster; other notebooks go on. When what fills it is deleted, all is as before.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dataVolumeName } from "../../controller/model/ids.ts";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { eventsOf } from "../support/e2e/events.ts";
import { expectInvariants, jupyterUrl } from "../support/e2e/invariants.ts";
import { startKernelBeside } from "../support/e2e/kernel-node.ts";
import { isTrue, LocalCluster } from "../support/e2e/local-cluster.ts";
import { NotebookUser } from "../support/e2e/notebook-user.ts";
import { SmallDisk } from "../support/e2e/small-disk.ts";
import { until } from "../support/poll.ts";
import { writerOn } from "../support/e2e/writer-on.ts";
import type { KeyWriter } from "../support/etcd/key-writer.ts";

const NAME = "e2e-full-disk";
const REF = { namespace: "default", name: NAME };
const SLOTS = [0, 1, 2];
const VOLUMES = [...SLOTS.map((slot) => dataVolumeName(REF, slot)), `default-${NAME}-shared`];
/** etcd's logs alone take 128 MiB of each node. */
const DISK_MIB = 1_200;
/** The disk stays full while so much is written to etcd. */
const WRITES = 300;

let disk: SmallDisk;
let cluster: LocalCluster;
let user: NotebookUser;
let writer: KeyWriter;

beforeAll(async () => {
  cluster = await LocalCluster.create({
    ...{ name: NAME, subnet: "172.31.100" },
    spec: ["  kernels: { placement: spread }"],
  });
  disk = await SmallDisk.mountExt4(DISK_MIB);
  for (const name of VOLUMES) await makeVolume(name);
  cluster.startController();
  await cluster.untilReady({ timeoutMs: 300_000 });
  user = new NotebookUser(await jupyterUrl(cluster));
  writer = await writerOn(cluster);
}, 400_000);

afterAll(async () => {
  await writer?.close();
  await user?.close();
  await cluster?.destroy(async () => {
    for (const name of VOLUMES) await new Docker().getVolume(name).remove();
  });
  await disk?.unmount();
}, 120_000);

/** On the small disk. */
async function makeVolume(name: string): Promise<void> {
  const device = join(disk.path, name);
  await mkdir(device);
  const DriverOpts = { type: "none", o: "bind", device };
  await new Docker().createVolume({ Name: name, Driver: "local", DriverOpts });
}

const FILLS = `
file = open('/shared/filler', 'wb', buffering=0)
while True:
    if file.write(bytes(2**20)) < 2**20: file.write(bytes(2**20))
`;
const LEFT = "import os; print(os.statvfs('/shared').f_bavail < 2 ** 8)";
/** Takes whatever becomes free. */
const GOES_ON = `
import time
while True:
    time.sleep(0.001)
    try: file.write(bytes(4096))
    except OSError: pass
`;

let filler: string;
let other: string;
let before: JupyterClusterObject;
let processes: readonly string[];

it("ends the cell with the reason; etcd takes writes, and a notebook on another node goes on", async () => {
  before = await cluster.untilReady({ timeoutMs: 120_000 });
  processes = await processesOf(before);
  other = await user.startKernel();
  await user.run(other, "z = 7");
  filler = await startKernelBeside(cluster, user, other);
  expect(await user.run(filler, FILLS)).toBe("OSError");
  expect(await user.run(filler, LEFT)).toBe("True");
  void user.run(filler, GOES_ON).catch(() => undefined);
  await writer.untilAcknowledged(WRITES, 120_000);
  expect(await user.run(other, "print(z)")).toBe("7");
});

it("is told as a condition and an event of each node, with the volume that lies there", async () => {
  const { status } = await cluster.until("all nodes tell of it", (o) =>
    SLOTS.every((slot) => spaceOf(o)?.message.includes(dataVolumeName(REF, slot))),
  );
  expect(spaceOf({ status })).toMatchObject({ status: "False", reason: "DiskFull" });
  const told = (await eventsOf(cluster)).filter((e) => e.reason === "DiskFull");
  const events = SLOTS.map((slot) => ({
    ...{ type: "Warning", count: 1 },
    message: expect.stringContaining(dataVolumeName(REF, slot)),
  }));
  expect(told).toEqual(expect.arrayContaining(events.map((e) => expect.objectContaining(e))));
});

it("leaves etcd, the agents and all containers as they are", async () => {
  const now = await cluster.object();
  expect(isTrue(now, "Quorate")).toBe(true);
  expect(await processesOf(now)).toEqual(processes);
});

it("is over when the file is deleted: Ready, no container is another, and nothing was lost", async () => {
  // Where the nodes have no leader for a moment, an order fails.
  await until("it is interrupted", () => user.interrupt(filler).then(() => true));
  expect(await user.run(filler, "file.close(); os.remove('/shared/filler'); print(1)")).toBe("1");
  const after = await cluster.until(
    "all conditions are as before",
    (o) => isTrue(o, "Ready") && statuses(o) === statuses(before),
  );
  expect(await processesOf(after)).toEqual(processes);
  const freed = (await eventsOf(cluster)).filter((e) => e.reason === "DiskFreed");
  expect(freed.length).toBeGreaterThanOrEqual(SLOTS.length);
  await writer.untilAcknowledged(10);
  await writer.stop();
  const report = await writer.verify();
  expect(report.violations).toEqual([]);
  console.log(
    `longest time without a write: ${report.longestGapMs} ms, ${report.acknowledged} in all`,
  );
  await expectInvariants(cluster);
  for (const kernel of [filler, other]) await user.shutDown(kernel);
});

function spaceOf({ status }: Pick<JupyterClusterObject, "status">) {
  return status.conditions.find((c) => c.type === "SpaceAvailable");
}

function statuses({ status }: JupyterClusterObject): string {
  return JSON.stringify(status.conditions.map((c) => [c.type, c.status]));
}

/** Of each node its container, and in it etcd and the agent. */
function processesOf({ status }: JupyterClusterObject): Promise<readonly string[]> {
  const ids = ["sh", "-c", "pgrep -x etcd; pgrep -f agent.mjs | head -2"];
  return Promise.all(
    status.nodes.map(async (node) => `${node.container} ${(await cluster.exec(node, ids)).stdout}`),
  );
}
