/**
 * The embedded Mesos on the real Docker engine: what a task goes through, how it ends, and what a
 * killed server finds again. The shapes of the captured events of a Mesos 1.12 are the measure.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Offer, Parameter, TaskInfo } from "../../controller/mesos/wire.ts";
import { type MesosLocal, startMesosLocal } from "../../controller/mesos-local/main.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { RawScheduler } from "../support/mesos-local/raw-scheduler.ts";
import { ServerProgram } from "../support/mesos-local/server-process.ts";
import { ensureSmallImage, SMALL_IMAGE } from "../support/mesos-local/small-image.ts";
import { until } from "../support/poll.ts";
import { silentLog } from "../support/silent-log.ts";

const SUBNET = "172.31.40.0/24";
const LABEL = "mesos-local-test";
const RUN = randomUUID();
const NETWORK = `mesos-local-test-${RUN.slice(0, 8)}`;
const CAPABILITIES = ["PARTITION_AWARE", "TASK_KILLING_STATE"].map((type) => ({ type }));

const docker = new Docker();
let stateDir: string;
let mesos: MesosLocal;
let scheduler: RawScheduler;

beforeAll(async () => {
  await ensureSmallImage(docker);
  await docker.createNetwork({
    Name: NETWORK,
    IPAM: { Config: [{ Subnet: SUBNET }] },
    Labels: { [LABEL]: RUN },
  });
});

afterAll(() => docker.getNetwork(NETWORK).remove());

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "mesos-local-docker-"));
});

afterEach(async () => {
  for (const { Id } of await ours()) await docker.getContainer(Id).remove({ force: true, v: true });
  await rm(stateDir, { recursive: true });
});

function ours() {
  return docker.listContainers({ all: true, filters: { label: [`${LABEL}=${RUN}`] } });
}

async function inProcess(): Promise<void> {
  mesos = await startMesosLocal({
    host: "127.0.0.1",
    port: 0,
    stateDir,
    clock: systemClock,
    log: silentLog,
  });
  scheduler = await RawScheduler.subscribe(mesos.url, { capabilities: CAPABILITIES });
}

function sleeper(
  id: string,
  offer: Offer,
  parameters: readonly Parameter[] = [],
  command = "exec sleep 1000",
): TaskInfo {
  return {
    name: id,
    task_id: { value: id },
    agent_id: offer.agent_id,
    resources: [
      { name: "cpus", type: "SCALAR", scalar: { value: 0.1 } },
      { name: "mem", type: "SCALAR", scalar: { value: 32 } },
    ],
    command: { shell: true, value: command },
    container: {
      type: "DOCKER",
      docker: {
        image: SMALL_IMAGE,
        network: "USER",
        parameters: [{ key: "label", value: `${LABEL}=${RUN}` }, ...parameters],
      },
      network_infos: [{ name: NETWORK }],
    },
  };
}

function ip(address: string): Parameter[] {
  return [{ key: "ip", value: address }];
}

/** Launches on the newest offer that was not used before. */
async function launch(...makers: ((offer: Offer) => TaskInfo)[]): Promise<void> {
  const offer = await freshOffer();
  const task_infos = makers.map((make) => make(offer));
  await scheduler.call("ACCEPT", {
    accept: {
      offer_ids: [offer.id],
      operations: [{ type: "LAUNCH", launch: { task_infos } }],
      filters: { refuse_seconds: 0 },
    },
  });
}

const usedOffers = new Set<string>();

async function freshOffer(): Promise<Offer> {
  const offer = await until("a fresh offer", () =>
    scheduler.seen
      .flatMap(({ event }) => (event.type === "OFFERS" ? event.offers.offers : []))
      .find(({ id }) => !usedOffers.has(id.value)),
  );
  usedOffers.add(offer.id.value);
  return offer;
}

async function runningContainer(taskId: string): Promise<Docker.Container> {
  const status = await scheduler.status(taskId, "TASK_RUNNING");
  return docker.getContainer(`mesos-${status.container_status?.container_id?.value}`);
}

function states(taskId: string): string[] {
  return scheduler.statusesOf(taskId).map(({ state }) => state);
}

async function kill(taskId: string, graceSeconds?: number): Promise<void> {
  const policy =
    graceSeconds === undefined
      ? {}
      : { kill_policy: { grace_period: { nanoseconds: graceSeconds * 1e9 } } };
  await scheduler.call("KILL", { kill: { task_id: { value: taskId }, ...policy } });
}

describe("on a Docker engine", () => {
  beforeEach(inProcess);
  afterEach(() => mesos.stop());

  test("a task runs at the address it asked for, and says what docker inspect says", async () => {
    const parameters = [
      ...ip("172.31.40.20"),
      { key: "hostname", value: "lab-slot-0" },
      { key: "ulimit", value: "nofile=1000:2000" },
      { key: "cap-add", value: "NET_ADMIN" },
      { key: "shm-size", value: "80m" },
      { key: "init", value: "true" },
      { key: "add-host", value: "elsewhere:10.9.8.7" },
      { key: "tmpfs", value: "/scratch:size=1m" },
    ];
    await launch((offer) => sleeper("t", offer, parameters));
    const running = await scheduler.status("t", "TASK_RUNNING");
    expect(states("t")).toEqual(["TASK_STARTING", "TASK_RUNNING"]);
    expect(running.container_status?.network_infos).toEqual([
      { ip_addresses: [{ protocol: "IPv4", ip_address: "172.31.40.20" }], name: NETWORK },
    ]);
    const inspected = await (await runningContainer("t")).inspect();
    expect(inspected.NetworkSettings.Networks[NETWORK]?.IPAddress).toBe("172.31.40.20");
    expect(inspected.Config.Hostname).toBe("lab-slot-0");
    expect(inspected.HostConfig).toMatchObject({
      CapAdd: ["NET_ADMIN"],
      ShmSize: 80 * 2 ** 20,
      Init: true,
      ExtraHosts: ["elsewhere:10.9.8.7"],
      Tmpfs: { "/scratch": "size=1m" },
      Ulimits: [{ Name: "nofile", Soft: 1000, Hard: 2000 }],
      Memory: 32 * 2 ** 20,
      CpuShares: 102,
    });
    const data = Buffer.from(running.data ?? "", "base64").toString();
    expect(JSON.parse(data)).toMatchObject([{ Id: inspected.Id }]);
  });

  test("a killed container is TASK_FAILED 137, and is gone", async () => {
    await launch((offer) => sleeper("t", offer));
    await (await runningContainer("t")).kill();
    expect(await scheduler.status("t", "TASK_FAILED")).toMatchObject({
      message: "Container exited with status 137",
      source: "SOURCE_EXECUTOR",
    });
    await until("it is removed", async () => (await ours()).length === 0);
  });

  test("a successor takes the address of a killed one at once", async () => {
    await launch((offer) => sleeper("a", offer, ip("172.31.40.21")));
    const first = await runningContainer("a");
    // The offer is at hand before the kill, so that nothing but Docker is waited for.
    const offer = await freshOffer();
    const killed = first.kill();
    await scheduler.status("a", "TASK_FAILED");
    const task_infos = [sleeper("b", offer, ip("172.31.40.21"))];
    await scheduler.call("ACCEPT", {
      accept: {
        offer_ids: [offer.id],
        operations: [{ type: "LAUNCH", launch: { task_infos } }],
      },
    });
    await scheduler.status("b", "TASK_RUNNING");
    await killed;
  });

  test("an exit is FINISHED or FAILED by its code, and the output is kept", async () => {
    await launch(
      (offer) => sleeper("ok", offer, [], "echo hello; exit 0"),
      (offer) => sleeper("bad", offer, [], "exit 7"),
    );
    expect((await scheduler.status("ok", "TASK_FINISHED")).message).toBe(
      "Container exited with status 0",
    );
    expect((await scheduler.status("bad", "TASK_FAILED")).message).toBe(
      "Container exited with status 7",
    );
    expect(states("ok")).toEqual(["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"]);
    const id = scheduler.statusesOf("ok")[0]?.container_status?.container_id?.value ?? "";
    const { readFile } = await import("node:fs/promises");
    const stdout = join(stateDir, "sandboxes", id, "stdout");
    const text = await until("its output", () => readFile(stdout, "utf8"));
    expect(text).toBe("hello\n");
  });

  test("a kill ends a task that obeys with TERM, one that does not with KILL after the grace", async () => {
    const obeys = "trap 'exit 0' TERM; while :; do sleep 0.05; done";
    const ignores = "trap '' TERM; while :; do sleep 1; done";
    await launch(
      (offer) => sleeper("obeys", offer, [], obeys),
      (offer) => sleeper("ignores", offer, [], ignores),
    );
    await scheduler.status("obeys", "TASK_RUNNING");
    await scheduler.status("ignores", "TASK_RUNNING");
    await kill("obeys", 20);
    expect((await scheduler.status("obeys", "TASK_KILLED")).message).toBe(
      "Container exited with status 0",
    );
    await kill("ignores", 1);
    expect((await scheduler.status("ignores", "TASK_KILLED")).message).toBe(
      "Container exited with status 137",
    );
    expect(states("ignores").slice(-2)).toEqual(["TASK_KILLING", "TASK_KILLED"]);
  });

  test.each<[string, readonly Parameter[], string, RegExp]>([
    ["a bad address", ip("10.1.2.3"), NETWORK, /^Container exited with status 125: docker: /],
    ["an unknown network", [], "no-such-network", /status 125: docker: .*no-such-network/],
    [
      "an unknown parameter",
      [{ key: "wings", value: "2" }],
      NETWORK,
      /^Container exited with status 125: unknown flag: --wings$/,
    ],
    [
      "a bad volume",
      [{ key: "mount", value: "type=bind,source=/no/such/dir,target=/x" }],
      NETWORK,
      /status 12[57]: docker: .*does not exist/,
    ],
  ])(
    "%s fails the task with Docker's own reason, and leaves nothing",
    async (_name, parameters, network, message) => {
      await launch((offer) => {
        const task = sleeper("t", offer, parameters);
        return { ...task, container: { ...task.container, network_infos: [{ name: network }] } };
      });
      const failed = await scheduler.status("t", "TASK_FAILED");
      expect(failed.message).toMatch(message);
      expect(states("t")).toEqual(["TASK_STARTING", "TASK_FAILED"]);
      await until("nothing left", async () => (await ours()).length === 0);
    },
  );

  test("an image that no registry gives fails as the agent's, without STARTING", async () => {
    await launch((offer) => {
      const task = sleeper("t", offer);
      // Nobody listens there, so that nothing leaves this machine.
      const dockerInfo = { ...task.container.docker, image: "127.0.0.1:1/nowhere:1" };
      return { ...task, container: { ...task.container, docker: dockerInfo } };
    });
    const failed = await scheduler.status("t", "TASK_FAILED");
    expect(failed).toMatchObject({
      source: "SOURCE_AGENT",
      reason: "REASON_CONTAINER_LAUNCH_FAILED",
      message: expect.stringContaining("127.0.0.1:1") as string,
    });
    expect(states("t")).toEqual(["TASK_FAILED"]);
  });

  test("a container restarted behind our back is FAILED and does not live on", async () => {
    await launch((offer) => sleeper("t", offer, ip("172.31.40.22")));
    const container = await runningContainer("t");
    // Removed under its hands, the restart itself may fail; that is no matter here.
    await container.restart({ t: 0 }).catch(() => undefined);
    await scheduler.status("t", "TASK_FAILED");
    await until("it is removed", async () => (await ours()).length === 0);
  });

  test("TEARDOWN removes all containers and says nothing of the tasks", async () => {
    await launch(
      (offer) => sleeper("a", offer),
      (offer) => sleeper("b", offer),
    );
    await scheduler.status("a", "TASK_RUNNING");
    await scheduler.status("b", "TASK_RUNNING");
    const before = scheduler.seen.length;
    await scheduler.call("TEARDOWN");
    await until("all gone", async () => (await ours()).length === 0);
    expect(scheduler.ending).toBe("chunk");
    const later = scheduler.seen.slice(before).map(({ event }) => event.type);
    expect(later).not.toContain("UPDATE");
  });

  test("named volumes outlive their container, anonymous ones do not", async () => {
    const name = `mesos-local-test-${RUN}`;
    const volumes = async () => (await docker.listVolumes()).Volumes.map(({ Name }) => Name);
    try {
      await launch((offer) =>
        sleeper("t", offer, [
          { key: "volume", value: `${name}:/named` },
          { key: "volume", value: "/anonymous" },
        ]),
      );
      const container = await runningContainer("t");
      const { Mounts } = await container.inspect();
      const anonymous = Mounts.find(({ Destination }) => Destination === "/anonymous")?.Name;
      await container.kill();
      await until("it is removed", async () => (await ours()).length === 0);
      expect(await volumes()).toContain(name);
      expect(await volumes()).not.toContain(anonymous);
    } finally {
      for (const { Id } of await ours()) await docker.getContainer(Id).remove({ force: true });
      await docker.getVolume(name).remove();
    }
  });

  test("another embedded Mesos on the same engine never touches its containers", async () => {
    await launch((offer) => sleeper("t", offer));
    const container = await runningContainer("t");
    const otherDir = await mkdtemp(join(tmpdir(), "mesos-local-other-"));
    const options = { host: "127.0.0.1", port: 0, clock: systemClock, log: silentLog };
    const other = await startMesosLocal({ ...options, stateDir: otherDir });
    await other.stop();
    await rm(otherDir, { recursive: true });
    expect((await container.inspect()).State.Running).toBe(true);
    expect(states("t")).toEqual(["TASK_STARTING", "TASK_RUNNING"]);
  });
});

describe("a server killed by SIGKILL and started again", () => {
  let program: ServerProgram;

  beforeAll(async () => {
    program = await ServerProgram.build();
  });

  afterAll(() => program.remove());

  async function subscribe(url: string, id?: string): Promise<void> {
    scheduler = await RawScheduler.subscribe(url, {
      capabilities: CAPABILITIES,
      ...(id === undefined ? {} : { id: { value: id } }),
    });
  }

  test("finds what runs, tells what ended, repeats what was not acknowledged", async () => {
    const first = await program.start(stateDir);
    await subscribe(first.url);
    await launch(
      (offer) => sleeper("runs", offer, ip("172.31.40.30")),
      (offer) => sleeper("ends", offer),
      (offer) => sleeper("unacknowledged", offer),
    );
    const running = await runningContainer("runs");
    const ending = await runningContainer("ends");
    const unacknowledged = await runningContainer("unacknowledged");
    scheduler.acknowledges = false;
    await unacknowledged.kill();
    const told = await scheduler.status("unacknowledged", "TASK_FAILED");
    const before = await running.inspect();
    await first.kill();
    await until("the broken stream", () => scheduler.ending === "broken");
    await ending.kill();

    const second = await program.start(stateDir);
    try {
      await subscribe(second.url, scheduler.frameworkId);
      expect((await scheduler.status("ends", "TASK_FAILED")).message).toBe(
        "Container exited with status 137",
      );
      const repeated = await scheduler.status("unacknowledged", "TASK_FAILED");
      expect(repeated.uuid).toBe(told.uuid);
      await scheduler.call("RECONCILE", { reconcile: { tasks: [] } });
      expect(await scheduler.status("runs", "TASK_RUNNING")).toMatchObject({
        reason: "REASON_RECONCILIATION",
        container_status: {
          network_infos: [{ ip_addresses: [{ ip_address: "172.31.40.30" }], name: NETWORK }],
        },
      });
      const after = await running.inspect();
      expect(after.State.StartedAt).toBe(before.State.StartedAt);
      await running.kill();
      await scheduler.status("runs", "TASK_FAILED");
    } finally {
      await second.kill();
    }
  });

  test("in the middle of launches leaves no container that no task answers for", async () => {
    const first = await program.start(stateDir);
    await subscribe(first.url);
    const ids = ["a", "b", "c", "d"];
    await launch(...ids.map((id) => (offer: Offer) => sleeper(id, offer)));
    await until("the first container made", async () => (await ours()).length > 0);
    await first.kill();

    const second = await program.start(stateDir);
    try {
      await subscribe(second.url, scheduler.frameworkId);
      const lastStates = () => ids.map((id) => states(id).at(-1));
      await until("each task answered for", async () => {
        await scheduler.call("RECONCILE", { reconcile: { tasks: [] } });
        return lastStates().every((s) => s === "TASK_RUNNING" || s === "TASK_FAILED");
      });
      const running = lastStates().filter((state) => state === "TASK_RUNNING").length;
      await until("as many containers as tasks that run", async () => {
        const containers = await ours();
        return (
          containers.length === running && containers.every(({ State }) => State === "running")
        );
      });
    } finally {
      await second.kill();
    }
  });
});
