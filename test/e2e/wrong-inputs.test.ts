/**
 * Wrong inputs: each gets an error that says what to do, and a non-zero exit or a condition; no
 * stack trace, and nothing half-made is left behind.
 */
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import Docker from "dockerode";
import { afterEach, describe, expect, it } from "vitest";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { freePort } from "../support/free-port.ts";

const NAME = "e2e-wrong";
const SUBNET = "172.31.61";
const open: { close(): Promise<void> }[] = [];

async function newCluster(spec: readonly string[] = []): Promise<LocalCluster> {
  const cluster = await LocalCluster.create({ name: NAME, subnet: SUBNET, spec });
  open.push({ close: () => cluster.destroy() });
  return cluster;
}

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function occupy(port: number): Promise<void> {
  const server: Server = createServer();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  open.push({ close: async () => void server.close() });
}

async function containersOf(name: string): Promise<number> {
  const filters = { label: [`jupytercluster.dev/cluster=${name}`] };
  return (await new Docker().listContainers({ all: true, filters })).length;
}

function messages(object: JupyterClusterObject): string {
  const errors = object.status.lastErrors.map((e) => `${e.code} ${e.message}`);
  return [...object.status.conditions.map((c) => c.message), ...errors].join("\n");
}

describe("up", () => {
  const upArgs = (c: LocalCluster, file = c.specFile) => [
    ...["up", file, "--api", `127.0.0.1:${c.ports.api}`],
  ];

  it.each([
    [
      "a spec file that is not there",
      async (c: LocalCluster) => upArgs(c, `${c.dir}/nowhere.yaml`),
      /nowhere\.yaml/,
    ],
    [
      "broken YAML",
      async (c: LocalCluster) => {
        await writeFile(c.specFile, "kind: [JupyterCluster\n");
        return upArgs(c);
      },
      /cluster\.yaml:\d+:\d+/,
    ],
    [
      "a field that the schema refuses",
      async (c: LocalCluster) => {
        await writeFile(c.specFile, c.specText(3).replace("replicas: 3", "replicas: -1"));
        return upArgs(c);
      },
      /cluster\.yaml:6:13: .*spec\.replicas/,
    ],
    [
      "a proxy port that is taken",
      async (c: LocalCluster) => {
        await occupy(c.ports.proxy);
        return upArgs(c);
      },
      /127\.0\.0\.1:\d+.*proxy/,
    ],
    [
      "an API port that is taken",
      async (c: LocalCluster) => {
        await occupy(c.ports.api);
        return upArgs(c);
      },
      /127\.0\.0\.1:\d+.*API/i,
    ],
    [
      "a Mesos port that is taken",
      async (c: LocalCluster) => {
        const port = await freePort();
        await occupy(port);
        return [...upArgs(c), "--mesos-local-address", `127.0.0.1:${port}`];
      },
      /127\.0\.0\.1:\d+.*Mesos/i,
    ],
  ])("refuses %s", async (_, prepare, expected) => {
    const cluster = await newCluster();
    const args = await prepare(cluster);
    const { code, stdout, stderr } = await cluster.cli(...args);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(expected);
    expect(stdout + stderr).not.toMatch(/^\s+at /m);
    expect(await containersOf(NAME)).toBe(0);
  });

  it("says how to start Docker when it does not answer", async () => {
    const cluster = await newCluster();
    process.env["DOCKER_HOST"] = "unix:///nonexistent/docker.sock";
    try {
      const { code, stderr } = await cluster.cli(...upArgs(cluster));
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/Docker/);
      expect(stderr).not.toMatch(/^\s+at /m);
    } finally {
      delete process.env["DOCKER_HOST"];
    }
  });
});

describe("a running controller", () => {
  it("tells in a condition that the image is absent, and launches nothing", async () => {
    const cluster = await newCluster(["  image: jupyter-cluster/no-such-image:1"]);
    cluster.startController();
    const said = /jupyter-cluster\/no-such-image:1/;
    await cluster.until("the image is missed", (o) => said.test(messages(o)));
    expect(await containersOf(NAME)).toBe(0);
  });

  it("tells which network holds the subnet, and goes on when it is freed", async () => {
    const docker = new Docker();
    const squatter = await docker.createNetwork({
      Name: "jupyter-cluster-test-squatter",
      IPAM: { Driver: "default", Config: [{ Subnet: `${SUBNET}.0/25` }] },
    });
    let removed = false;
    open.push({ close: async () => void (removed || (await squatter.remove())) });
    const cluster = await newCluster();
    cluster.startController();
    const said = (o: JupyterClusterObject) =>
      messages(o).includes("jupyter-cluster-test-squatter") && messages(o).includes(SUBNET);
    await cluster.until("the conflict is told", said);
    expect(await containersOf(NAME)).toBe(0);
    await squatter.remove();
    removed = true;
    await cluster.untilReady();
  });

  it("tells that the proxy's port is taken, keeps the nodes, and serves when it is freed", async () => {
    const cluster = await newCluster();
    const server = createServer();
    server.listen(cluster.ports.proxy, "127.0.0.1");
    await once(server, "listening");
    cluster.startController();
    const port = String(cluster.ports.proxy);
    const taken = (o: JupyterClusterObject) =>
      o.status.conditions.some((c) => c.type === "ProxyReady" && c.message.includes(port));
    await cluster.until("the taken port is told", taken);
    server.close();
    await once(server, "close");
    await cluster.untilReady();
  });
});
