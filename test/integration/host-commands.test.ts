/** What is sent to agents' hosts, as a shell runs it there, with the real engine. */
import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import {
  createNetworkScript,
  releaseAddressScript,
} from "../../controller/plan/launch/host-commands.ts";
import { findLabelled, removeFound, TEST_LABEL } from "../support/docker-remains.ts";
import { runCommand } from "../support/e2e/run-command.ts";
import { until } from "../support/poll.ts";
import { ensureSmallImage, SMALL_IMAGE } from "../support/mesos-local/small-image.ts";

const docker = new Docker();
const run = `host-commands-${randomBytes(3).toString("hex")}`;
const network = {
  name: run,
  driver: "bridge",
  ipamDriver: "default",
  subnet: "172.31.52.0/24",
  firstAddress: "172.31.52.10",
  options: { "com.docker.network.driver.mtu": "1400" },
};
const labels = { [TEST_LABEL]: run, "example.com/note": "it's $HOME" };

const sh = (script: string) => runCommand("/bin/sh", ["-c", script], { timeoutMs: 60_000 });

beforeAll(() => ensureSmallImage(docker));

afterAll(async () => {
  await removeFound(docker, await findLabelled(docker, `${TEST_LABEL}=${run}`));
});

describe("the command that makes a network", () => {
  it("makes exactly what the spec says, once", async () => {
    expect(await sh(createNetworkScript(network, labels))).toMatchObject({ code: 0, stderr: "" });
    const made = await docker.getNetwork(run).inspect();
    expect(made).toMatchObject({ Driver: "bridge", Options: network.options, Labels: labels });
    expect(made.IPAM?.Config).toMatchObject([{ Subnet: network.subnet }]);
    expect(await sh(createNetworkScript(network, labels))).toMatchObject({ code: 0, stderr: "" });
    expect((await docker.listNetworks({ filters: { name: [run] } })).map((n) => n.Id)).toEqual([
      made.Id,
    ]);
  });

  it("leaves a network of that name as it is, though it has another subnet", async () => {
    const other = { ...network, subnet: "172.31.53.0/24" };
    expect(await sh(createNetworkScript(other, labels))).toMatchObject({ code: 0 });
    const { IPAM } = await docker.getNetwork(run).inspect();
    expect(IPAM?.Config).toMatchObject([{ Subnet: network.subnet }]);
  });

  it("says in Docker's words why it can't", async () => {
    const other = { ...network, name: `${run}-2`, driver: "no-such-driver" };
    const { code, stderr } = await sh(createNetworkScript(other, labels));
    expect(code).not.toBe(0);
    expect(stderr).toContain(`plugin "no-such-driver" not found`);
  });
});

describe("the command that frees an address", () => {
  it("names the container that has it, and leaves it alone", async () => {
    const container = await docker.createContainer({
      name: `${run}-web`,
      Image: SMALL_IMAGE,
      Cmd: ["/bin/sleep", "600"],
      Labels: { [TEST_LABEL]: run },
      HostConfig: { NetworkMode: run },
      NetworkingConfig: {
        EndpointsConfig: { [run]: { IPAMConfig: { IPv4Address: network.firstAddress } } },
      },
    });
    await container.start();
    const { code, stderr } = await sh(releaseAddressScript(network, network.firstAddress));
    expect(code).not.toBe(0);
    expect(stderr).toBe(
      `container ${run}-web ${SMALL_IMAGE} running has ${network.firstAddress}\n`,
    );
    expect((await container.inspect()).NetworkSettings.Networks[run]?.IPAddress).toBe(
      network.firstAddress,
    );
  });

  it("says so when nothing that Docker knows of has it", async () => {
    // The address of the container above begins with it.
    const { code, stderr } = await sh(releaseAddressScript(network, "172.31.52.1"));
    expect(code).not.toBe(0);
    expect(stderr).toBe(
      "no container of this host and no endpoint that its Docker knows of has 172.31.52.1: it is " +
        "in the store of the address management driver default\n",
    );
  });
});

describe("a network whose driver is macvlan", () => {
  const parent = `mv${run.slice(-6)}`;
  const macvlan = {
    ...network,
    ...{ name: `${run}-macvlan`, driver: "macvlan", options: { parent } },
    ...{ subnet: "172.31.113.0/24", firstAddress: "172.31.113.10" },
  };

  /** Serves HTTP at the address. */
  async function serve(ip: string): Promise<Docker.Container> {
    const container = await docker.createContainer({
      Image: inject("agentImage"),
      Entrypoint: ["python3", "-m", "http.server", "8000"],
      Labels: { [TEST_LABEL]: run },
      HostConfig: { NetworkMode: macvlan.name },
      NetworkingConfig: {
        EndpointsConfig: { [macvlan.name]: { IPAMConfig: { IPv4Address: ip } } },
      },
    });
    await container.start();
    return container;
  }

  it("joins nodes at their fixed addresses, and names who has one", async () => {
    const made = await sh(`ip link add ${parent} type veth peer name ${parent}p`);
    expect(made.stderr).toBe("");
    try {
      await sh(`ip link set ${parent} up; ip link set ${parent}p up`);
      const created = await sh(createNetworkScript(macvlan, labels));
      expect(created).toMatchObject({ code: 0, stderr: "" });
      const [first, second] = ["172.31.113.10", "172.31.113.11"];
      const { id } = await serve(first);
      await serve(second);
      const ask = `import urllib.request; print(urllib.request.urlopen("http://${second}:8000", timeout=2).status)`;
      await until("one reaches the other", async () => {
        const asked = await sh(`docker exec ${id} python3 -c '${ask}'`);
        return asked.stdout.trim() === "200";
      });
      const freed = await sh(releaseAddressScript(macvlan, second));
      expect(freed.code).not.toBe(0);
      expect(freed.stderr).toContain(`running has ${second}`);
    } finally {
      await removeFound(docker, await findLabelled(docker, `${TEST_LABEL}=${run}`));
      await sh(`ip link del ${parent}`);
    }
  });
});
