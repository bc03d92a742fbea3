/** What is sent to agents' hosts, as a shell runs it there, with the real engine. */
import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createNetworkScript,
  releaseAddressScript,
} from "../../controller/plan/launch/host-commands.ts";
import { findLabelled, removeFound, TEST_LABEL } from "../support/docker-remains.ts";
import { runCommand } from "../support/e2e/run-command.ts";
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
