import type Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { ensureNetwork, observeNetwork } from "../../../controller/docker/networks.ts";
import {
  holderAmongInterfaces,
  holderAmongNetworks,
} from "../../../controller/docker/subnet-holders.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";

const wanted = {
  name: "lab",
  driver: "calico",
  ipamDriver: "calico-ipam",
  subnet: "172.31.50.0/24",
  firstAddress: "172.31.50.10",
  options: {},
};

type Network = ReturnType<typeof network>;

function network(name: string, subnet: string, driver = "bridge") {
  return { Name: name, Driver: driver, IPAM: { Config: [{ Subnet: subnet }] } };
}

/** An engine with these networks that refuses to create any, as Docker does over HTTP. */
function refusingEngine(statusCode: number, words: string, networks: Network[] = []): Docker {
  const refusal = Object.assign(new Error(`(HTTP code ${statusCode}) error - ${words} `), {
    statusCode,
  });
  return {
    modem: {},
    listNetworks: async () => networks,
    createNetwork: async () => {
      networks.push(...created);
      throw refusal;
    },
  } as unknown as Docker;
}

let created: Network[] = [];

describe("ensureNetwork, refused by the engine", () => {
  it("says that the driver is missing", async () => {
    created = [];
    const docker = refusingEngine(404, 'plugin "calico" not found');
    await expect(ensureNetwork(docker, wanted, {})).rejects.toMatchObject({
      code: ERROR_CODES.DOCKER_REFUSED,
      message: expect.stringMatching(/driver calico.*plugin "calico" not found.*Install/),
    });
  });

  it("is a conflict over the subnet when only the engine knows of the overlap", async () => {
    created = [];
    const docker = refusingEngine(403, "Pool overlaps with other one on this address space");
    await expect(ensureNetwork(docker, wanted, {})).rejects.toMatchObject({
      code: ERROR_CODES.NETWORK_CONFLICT,
      message: expect.stringMatching(
        /172\.31\.50\.0\/24.*lab.*Pool overlaps.*spec\.network\.subnet/,
      ),
    });
  });

  it("is done when somebody else has made the same network meanwhile", async () => {
    created = [network("lab", "172.31.50.0/24", "calico")];
    const docker = refusingEngine(409, "network with name lab already exists");
    await ensureNetwork(docker, wanted, {});
  });

  it("is a conflict when somebody else has made another network of that name meanwhile", async () => {
    created = [network("lab", "10.9.0.0/24", "calico")];
    const docker = refusingEngine(409, "network with name lab already exists");
    await expect(ensureNetwork(docker, wanted, {})).rejects.toMatchObject({
      code: ERROR_CODES.NETWORK_CONFLICT,
    });
  });
});

describe("observeNetwork", () => {
  it("takes a subnet written with host bits for the subnet it is", async () => {
    const docker = refusingEngine(500, "", [network("lab", "172.31.50.0/24", "calico")]);
    const odd = { ...wanted, subnet: "172.31.50.7/24" };
    expect(await observeNetwork(docker, odd)).toEqual({ state: "present", subnet: odd.subnet });
  });
});

describe("who holds the subnet", () => {
  it.each([
    ["the same subnet", "172.31.50.0/24", true],
    ["a part of it", "172.31.50.64/26", true],
    ["one around it", "172.31.0.0/16", true],
    ["its neighbour", "172.31.51.0/24", false],
    ["one of IPv6", "fd00::/64", false],
  ])("%s", (_, subnet, held) => {
    const networks = [network("x", subnet)] as never;
    expect(holderAmongNetworks(wanted.subnet, networks, "lab") !== null).toBe(held);
    const interfaces = { eth7: [{ cidr: subnet }] };
    expect(holderAmongInterfaces(wanted.subnet, interfaces) !== null).toBe(held);
  });

  it("is never the network itself", () => {
    const networks = [network("lab", wanted.subnet)] as never;
    expect(holderAmongNetworks(wanted.subnet, networks, "lab")).toBeNull();
  });
});
