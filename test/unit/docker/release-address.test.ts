/** An engine that still has an endpoint at a slot's address. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Docker from "dockerode";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { releaseAddress } from "../../../controller/docker/release-address.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";

const IP = "172.30.0.12";
const GONE = "ab".repeat(32);

let server: Server;
let docker: Docker;
let scope: string;
let endpoint: string;
/** Bodies of the disconnections that were asked for. */
let told: unknown[];
/** Names and ids of its containers. */
let containers: Set<string>;

beforeEach(async () => {
  [scope, endpoint, told] = ["local", GONE, []];
  containers = new Set();
  server = createServer((request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    if (request.url?.startsWith("/containers/") === true) {
      if (!containers.has(request.url.split("/")[2] ?? "")) {
        return answer(404, { message: "No such container" });
      }
      return answer(200, {
        Name: "/mesos-1",
        Config: { Image: "web" },
        State: { Status: "created" },
      });
    }
    if (request.method !== "POST") {
      const Containers = { [endpoint]: { Name: "mesos-1", IPv4Address: `${IP}/24` } };
      return answer(200, { Scope: scope, IPAM: { Driver: "calico-ipam" }, Containers });
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      told.push(JSON.parse(Buffer.concat(chunks).toString()));
      answer(200, {});
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  docker = new Docker({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe("an endpoint at a slot's address", () => {
  it.each([
    ["local", GONE],
    ["local", "ep-77"],
    ["global", GONE],
  ])("is disconnected when its container is gone (scope %s, %s)", async (...of) => {
    [scope, endpoint] = of;
    await releaseAddress(docker, "lab", IP);
    expect(told).toMatchObject([{ Container: "mesos-1", Force: true }]);
  });

  it("that may be another host's is named, with the command that frees it", async () => {
    [scope, endpoint] = ["global", "ep-77"];
    await expect(releaseAddress(docker, "lab", IP)).rejects.toMatchObject({
      code: ERROR_CODES.ADDRESS_HELD,
      message:
        `The endpoint mesos-1 has ${IP}, which may be another host's; when no host runs such a ` +
        "container: docker network disconnect --force lab mesos-1",
    });
    expect(told).toEqual([]);
  });

  it("of a container that is about to start is that one's", async () => {
    [endpoint, containers] = ["ep-77", new Set(["mesos-1"])];
    await expect(releaseAddress(docker, "lab", IP)).rejects.toMatchObject({
      code: ERROR_CODES.ADDRESS_HELD,
      message: `Container mesos-1 (web, created) has ${IP}.`,
    });
    expect(told).toEqual([]);
  });

  it("that is Swarm's own load balancer's is named, and left alone", async () => {
    [scope, endpoint] = ["swarm", "lb-lab"];
    await expect(releaseAddress(docker, "lab", IP)).rejects.toMatchObject({
      code: ERROR_CODES.ADDRESS_HELD,
      message: expect.stringContaining(`The endpoint mesos-1 has ${IP}: it is Docker's own`),
    });
    expect(told).toEqual([]);
  });

  it("of another address is none of it", async () => {
    await expect(releaseAddress(docker, "lab", "172.30.0.1")).rejects.toMatchObject({
      code: ERROR_CODES.ADDRESS_HELD,
    });
    expect(told).toEqual([]);
  });
});
