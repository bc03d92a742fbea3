/**
 * A whole cluster on a network of a remote driver, under masters of its own: the controller reaches no
 * engine, and what only a host's Docker can do is done there by Mesos tasks.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { TEST_LABEL } from "../support/docker-remains.ts";
import { expectInvariants } from "../support/e2e/invariants.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { followersOf } from "../support/e2e/nodes.ts";
import { removeRemains } from "../support/e2e/remains.ts";
import { NetworkPlugin } from "../support/network-plugin/network-plugin.ts";

const NAME = "e2e-networks";
const SUBNET = "172.31.62";
const NETWORK = `jupyter-cluster-${NAME}`;
const docker = new Docker();
let dir: string;
let plugin: NetworkPlugin;
let mesos: ChildProcess;
let cluster: LocalCluster;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "e2e-networks-"));
  plugin = new NetworkPlugin({ store: join(dir, "store"), hostname: "h1", hostAddress: null });
  await plugin.start();
  const stateDir = join(dir, "mesos");
  mesos = spawn(
    process.execPath,
    [
      ...[resolve("dist/controller/main.js"), "mesos-local", "--state-dir", stateDir],
      ...["--agent", "hostname=h1,cpus=4,mem=8Gi"],
    ],
    { stdio: "ignore" },
  );
  cluster = await LocalCluster.create({
    name: NAME,
    subnet: SUBNET,
    network: ", driver: calico, ipamDriver: calico-ipam, options: { color: blue }",
    mesos: `unix:${join(stateDir, "socket", "mesos.sock")}`,
  });
  cluster.startController();
});

afterAll(async () => {
  const down = await cluster?.cli("down", "--yes");
  await cluster?.endController("SIGTERM");
  mesos?.kill("SIGTERM");
  if (mesos?.exitCode === null) await once(mesos, "exit");
  // What is on a site's own hosts stays there.
  await removeRemains({ namespace: "default", name: NAME });
  await plugin?.stop();
  if (down?.code !== 0) throw new Error(`down failed: ${down?.stderr}`);
  await rm(cluster.dir, { recursive: true });
  await rm(dir, { recursive: true, force: true });
});

function allReady(object: JupyterClusterObject) {
  return object.status.conditions.find((c) => c.type === "AllMembersReady");
}

describe("a cluster under masters of its own, on a remote driver's network", () => {
  it("comes up where nobody has made the network: a Mesos task makes it on the host", async () => {
    const object = await expectInvariants(cluster);
    const made = await docker.getNetwork(NETWORK).inspect();
    expect(made).toMatchObject({ Driver: "calico", IPAM: { Driver: "calico-ipam" } });
    expect(made.Labels).toMatchObject({ "jupytercluster.dev/uid": object.metadata.uid });
    expect(plugin.driver.options.get(made.Id)).toEqual({ color: "blue" });
    const { stdout } = await cluster.cli("events", NAME);
    expect(stdout).toContain("make the network on h1: done");
  });

  it("has a killed node back at its address", async () => {
    const [victim] = followersOf(await cluster.untilReady());
    if (victim === undefined) throw new Error("there is no follower");
    await cluster.killContainer(victim);
    await cluster.until("the loss is seen", (o) =>
      o.status.nodes.every((n) => n.slot !== victim.slot || n.taskId !== victim.taskId),
    );
    const after = await expectInvariants(cluster);
    expect(after.status.nodes.find((n) => n.slot === victim.slot)?.ip).toBe(victim.ip);
  });

  it("names another's container that has a node's address, and has the node when that is gone", async () => {
    const squatter = await docker.createContainer({
      name: `${NAME}-squatter`,
      Image: inject("agentImage"),
      Entrypoint: ["sleep"],
      Cmd: ["600"],
      Labels: { [TEST_LABEL]: NAME },
      HostConfig: { NetworkMode: NETWORK },
      NetworkingConfig: {
        EndpointsConfig: { [NETWORK]: { IPAMConfig: { IPv4Address: `${SUBNET}.13` } } },
      },
    });
    await squatter.start();
    await cluster.save(cluster.specText(4));
    const held = await cluster.until("it is told", (o) => allReady(o)?.reason === "AddressHeld");
    expect(allReady(held)?.message).toContain(
      `slot 3: its address ${SUBNET}.13 is held on h1: TASK_FAILED, Command exited with status 1: container ${NAME}-squatter `,
    );
    expect((await squatter.inspect()).State.Running).toBe(true);
    await squatter.remove({ force: true });
    const object = await expectInvariants(cluster);
    expect(object.status.readyReplicas).toBe(4);
  });
});
