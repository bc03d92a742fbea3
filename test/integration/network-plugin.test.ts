/**
 * The contract with a network across hosts as a site names it: a remote driver and an address management
 * driver under Calico's names, with real packets, on the real engine.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { ensureNetwork, observeNetwork } from "../../controller/docker/networks.ts";
import { releaseAddress } from "../../controller/docker/release-address.ts";
import { ERROR_CODES } from "../../controller/model/errors.ts";
import {
  createNetworkScript,
  releaseAddressScript,
} from "../../controller/plan/launch/host-commands.ts";
import { findLabelled, removeFound, TEST_LABEL } from "../support/docker-remains.ts";
import { runCommand } from "../support/e2e/run-command.ts";
import { NetworkPlugin } from "../support/network-plugin/network-plugin.ts";
import { until } from "../support/poll.ts";

const docker = new Docker();
const run = `network-plugin-${randomBytes(3).toString("hex")}`;
const wanted = {
  name: run,
  driver: "calico",
  ipamDriver: "calico-ipam",
  subnet: "172.31.54.0/24",
  firstAddress: "172.31.54.10",
  options: { "com.docker.network.driver.mtu": "1400" },
};
const labels = { [TEST_LABEL]: run };
const ADDRESS = wanted.firstAddress;
const OTHER = "172.31.54.11";

let plugin: NetworkPlugin;
let store: string;

beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), "network-plugin-"));
  plugin = new NetworkPlugin({ store, hostname: "host-1", hostAddress: null });
  await plugin.start();
});

afterEach(async () => {
  plugin.ipam.refused.clear();
  const { containers } = await findLabelled(docker, `${TEST_LABEL}=${run}`);
  await removeFound(docker, { containers, networks: [], volumes: [] });
});

afterAll(async () => {
  await removeFound(docker, await findLabelled(docker, `${TEST_LABEL}=${run}`));
  await plugin.stop();
  await rm(store, { recursive: true });
});

/** Serves its host name by HTTP. */
async function create(name: string, ip: string): Promise<Docker.Container> {
  const serve = `mkdir /tmp/www && echo ${name} > /tmp/www/name && cd /tmp/www && exec python3 -m http.server`;
  return docker.createContainer({
    name: `${run}-${name}`,
    Image: inject("agentImage"),
    Entrypoint: ["sh", "-c"],
    Cmd: [serve],
    Labels: labels,
    HostConfig: { NetworkMode: run },
    NetworkingConfig: { EndpointsConfig: { [run]: { IPAMConfig: { IPv4Address: ip } } } },
  });
}

async function start(name: string, ip: string): Promise<Docker.Container> {
  const container = await create(name, ip);
  await container.start();
  return container;
}

/** What the container at the address says its name is, asked from this host. */
async function nameAt(ip: string): Promise<string> {
  const ask = async () => {
    const response = await fetch(`http://${ip}:8000/name`, { signal: AbortSignal.timeout(1_000) });
    return (await response.text()).trim();
  };
  return until(`somebody answers at ${ip}`, ask);
}

const sh = (script: string) => runCommand("/bin/sh", ["-c", script], { timeoutMs: 60_000 });

describe("a network of a remote driver", () => {
  it("is made with the spec's drivers and options, by the engine and by a host's command", async () => {
    expect(await observeNetwork(docker, wanted)).toEqual({ state: "absent" });
    expect(await sh(createNetworkScript(wanted, labels))).toMatchObject({ code: 0, stderr: "" });
    const { Id, Driver, IPAM } = await docker.getNetwork(run).inspect();
    expect({ Driver, ipam: IPAM?.Driver }).toEqual({ Driver: "calico", ipam: "calico-ipam" });
    expect(plugin.driver.options.get(Id)).toEqual(wanted.options);
    await docker.getNetwork(run).remove();
    await ensureNetwork(docker, wanted, labels);
    expect(await observeNetwork(docker, wanted)).toMatchObject({ state: "present" });
    const made = await docker.getNetwork(run).inspect();
    expect(plugin.driver.options.get(made.Id)).toEqual(wanted.options);
  });

  it("gives each container the address that was asked for, and packets pass", async () => {
    const first = await start("first", ADDRESS);
    await start("second", OTHER);
    expect(await nameAt(ADDRESS)).toBe("first");
    expect(await nameAt(OTHER)).toBe("second");
    const { Id } = await first.inspect();
    const ask = `import urllib.request as r; print(r.urlopen("http://${OTHER}:8000/name", timeout=5).read().decode())`;
    const { stdout } = await runCommand("docker", ["exec", Id, "python3", "-c", ask], {
      timeoutMs: 20_000,
    });
    expect(stdout.trim()).toBe("second");
    expect((await plugin.store.taken()).sort()).toEqual([ADDRESS, OTHER]);
  });

  it("has an address free again as soon as its container is removed", async () => {
    const first = await start("first", ADDRESS);
    await first.remove({ force: true });
    expect(await plugin.store.taken()).toEqual([]);
    await start("again", ADDRESS);
    expect(await nameAt(ADDRESS)).toBe("again");
  });
});

describe("an address that is held", () => {
  it("by another's container: that one is named, and goes on", async () => {
    await start("web", ADDRESS);
    const late = await create("late", ADDRESS);
    await expect(late.start()).rejects.toThrow("already assigned in block");
    await expect(releaseAddress(docker, run, ADDRESS)).rejects.toMatchObject({
      code: ERROR_CODES.ADDRESS_HELD,
      message: `Container ${run}-web (${inject("agentImage")}, running) has ${ADDRESS}.`,
    });
    const { code, stderr } = await sh(releaseAddressScript(wanted, ADDRESS));
    expect(code).not.toBe(0);
    expect(stderr).toContain(`container ${run}-web `);
    expect(await nameAt(ADDRESS)).toBe("web");
  });

  it("by the driver's own store: Docker knows of nothing, and says so", async () => {
    const container = await start("gone", ADDRESS);
    // Docker goes on when a driver does not answer, and forgets what it had of it.
    plugin.ipam.refused.set("ReleaseAddress", "the datastore is away");
    await container.remove({ force: true });
    plugin.ipam.refused.clear();
    expect(await plugin.store.taken()).toEqual([ADDRESS]);
    const late = await create("late", ADDRESS);
    await expect(late.start()).rejects.toThrow("already assigned in block");
    const known = `No container of this host and no endpoint that its Docker knows of has ${ADDRESS}: it is in the store of the address management driver calico-ipam.`;
    await expect(releaseAddress(docker, run, ADDRESS)).rejects.toMatchObject({ message: known });
    const { stderr } = await sh(releaseAddressScript(wanted, ADDRESS));
    expect(stderr).toContain("it is in the store of the address management driver calico-ipam");
    await plugin.store.release(ADDRESS);
    await late.start();
    expect(await nameAt(ADDRESS)).toBe("late");
  });
});
