/** Two controllers on one state directory: one acts, the other serves beside it and takes over. */
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PublishedChange } from "../../controller/model/ports.ts";
import { ControllerProcess } from "../support/e2e/controller-process.ts";
import { expectInvariants, jupyterUrl } from "../support/e2e/invariants.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { leaderOf } from "../support/e2e/nodes.ts";
import { ProxyUser } from "../support/e2e/proxy-user.ts";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/poll.ts";

let cluster: LocalCluster;
/** The one on the cluster's own API port is the one that `cluster` asks. */
let first: ControllerProcess;
let second: ControllerProcess;

function start(port: number): ControllerProcess {
  return new ControllerProcess({
    spec: cluster.specFile,
    stateDir: cluster.stateDir,
    api: `127.0.0.1:${port}`,
    logFile: cluster.logFile,
  });
}

beforeAll(async () => {
  cluster = await LocalCluster.create({ name: "e2e-standby", subnet: "172.31.86" });
  first = start(await freePort());
  await first.untilRole("acting");
  second = start(cluster.ports.api);
  await second.untilRole("standby");
  await cluster.untilReady();
});

afterAll(async () => {
  await Promise.all([first.end("SIGTERM"), second.end("SIGTERM")]);
  await cluster.destroy();
});

/** Ids and start times: one that was restarted is another. */
async function containers(): Promise<readonly string[]> {
  const docker = new Docker();
  const label = `jupytercluster.dev/cluster=${cluster.options.name}`;
  const found = await docker.listContainers({ all: true, filters: { label: [label] } });
  const inspected = await Promise.all(found.map(({ Id }) => docker.getContainer(Id).inspect()));
  return inspected.map(({ Id, State }) => `${Id} ${State.StartedAt}`).toSorted();
}

describe("a controller that stands by", () => {
  it("shows what the acting one publishes, and names it to whoever wants something changed", async () => {
    const acting = (await first.status()).controllers[0];
    const told = await second.status();
    expect(told.controllers.map(({ id, role, self }) => [id, role, self])).toEqual([
      [acting?.id, "acting", false],
      [expect.any(String), "standby", true],
    ]);
    expect(told.controller.mesos.frameworkId).not.toBeNull();
    expect(told.controller.proxies).toMatchObject([{ listening: false }]);
    const ready = await (await fetch(`${second.url}/readyz?verbose`)).text();
    expect(ready).toContain(`[+]role ok: stands by. The controller on ${acting?.hostname}`);
    const refused = await cluster.cli("snapshot", "save", cluster.options.name);
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain("ERR_NOT_ACTING");
    expect(refused.stderr).toContain(acting?.apiUrl ?? "?");
    const listed = await cluster.cli("controllers");
    expect(listed.stdout).toMatch(/^ROLE .*\nacting .*\nstandby .*\n$/);
  });

  it("tells its watchers of what changes, from before a takeover to after it", async () => {
    const changes: PublishedChange[] = [];
    const path = "/apis/jupytercluster.dev/v1alpha1/jupyterclusters?watch=true";
    const abort = new AbortController();
    const watch = await fetch(`${second.url}${path}`, { signal: abort.signal });
    const reading = readChanges(watch, changes).catch(() => undefined);
    await takeOver();
    const versions = await until("news of the one that acts now", () => {
      const all = changes.map(({ object }) => Number(object.metadata.resourceVersion));
      return all.length > 1 ? all : undefined;
    });
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    abort.abort();
    await reading;
  });

  it("takes over by itself, as often as one dies: nothing is restarted or launched twice", async () => {
    for (let times = 0; times < 2; times += 1) await takeOver();
    await expectInvariants(cluster);
  });

  it("goes on with what it took over: a killed leader is healed, and the proxy follows", async () => {
    const before = leaderOf(await cluster.untilReady());
    await cluster.killContainer(before);
    await cluster.until("another task is in its slot", ({ status }) =>
      status.nodes.some(({ slot, taskId }) => slot === before.slot && taskId !== before.taskId),
    );
    await expectInvariants(cluster);
  });
});

/** The first is killed, the second acts; then the first stands by again, and they change their roles. */
async function takeOver(): Promise<void> {
  const before = await containers();
  const frameworkId = (await first.status()).controller.mesos.frameworkId;
  let diedAt = Number.POSITIVE_INFINITY;
  let heldAt = Number.POSITIVE_INFINITY;
  // Nobody listens from the death of the one to the moment at which the other has the address.
  const user = ProxyUser.start(await jupyterUrl(cluster), {
    isExcused: (failure, heldMs) =>
      performance.now() - heldMs < heldAt && performance.now() > diedAt && isNoConnection(failure),
  });
  await user.untilServed(20);
  diedAt = performance.now();
  await first.end("SIGKILL");
  await until("the second has the address", async () => {
    const { proxies } = (await second.status()).controller;
    return proxies.every(({ listening }) => listening);
  });
  heldAt = performance.now();
  const acting = await second.untilRole("acting");
  await user.untilServed(20);
  await user.stop();
  expect(user.failures).toEqual([]);
  expect(acting.controller.mesos.frameworkId).toBe(frameworkId);
  [first, second] = [second, start(await otherPort())];
  await second.untilRole("standby");
  await cluster.untilReady();
  expect(await containers()).toEqual(before);
}

function isNoConnection(failure: string): boolean {
  return /ECONNREFUSED|ECONNRESET|other side closed|terminated/.test(failure);
}

/** The cluster asks whoever is on its port: one of the two is. */
async function otherPort(): Promise<number> {
  return second.url === cluster.apiUrl ? freePort() : cluster.ports.api;
}

async function readChanges(response: Response, changes: PublishedChange[]): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) changes.push(JSON.parse(line) as PublishedChange);
  }
}

describe("down", () => {
  it("ends the one that stands by, then the one that acts, and leaves no container", async () => {
    const down = await cluster.cli("down");
    expect(down.code, down.stderr).toBe(0);
    expect(down.stderr).toContain("stands by on");
    expect(await containers()).toEqual([]);
    await until("both have ended", () => !first.isRunning && !second.isRunning);
  });
});
