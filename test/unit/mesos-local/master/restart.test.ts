import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CheckpointState } from "../../../../controller/mesos-local/master/checkpoint.ts";
import { startMesosLocalOn } from "../../../../controller/mesos-local/main.ts";
import { AGENT } from "../../../support/mesos-local/fixtures.ts";
import {
  accept,
  AWARE,
  containerOf,
  InMemoryMesos,
  task,
  TCP,
} from "../../../support/mesos-local/in-memory-mesos.ts";
import { FakeDockerEngine } from "../../../support/mesos-local/fake-docker-engine.ts";
import { RawScheduler } from "../../../support/mesos-local/raw-scheduler.ts";
import { until } from "../../../support/poll.ts";

let mesos: InMemoryMesos;

beforeEach(async () => {
  mesos = await InMemoryMesos.start();
});

afterEach(() => mesos.remove());

describe("a crash finds on disk", () => {
  /** The checkpoint at the moment the engine is first asked to do it. */
  function checkpointAt(method: "create" | "stop"): Promise<CheckpointState> {
    const original = mesos.docker[method].bind(mesos.docker) as (
      ...args: unknown[]
    ) => Promise<never>;
    return new Promise((resolve) => {
      vi.spyOn(mesos.docker, method).mockImplementation((...args: unknown[]) => {
        const text = readFileSync(join(mesos.stateDir, "checkpoint.json"), "utf8");
        resolve(JSON.parse(text) as CheckpointState);
        return original(...args);
      });
    });
  }

  test("the launch before its container is made, under the container's name", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const offer = await scheduler.offer();
    const atCreation = checkpointAt("create");
    await accept(scheduler, [offer], [task("t", offer)]);
    const [intent] = (await atCreation).tasks;
    expect(`mesos-${intent?.containerId}`).toBe(await containerOf(scheduler, "t"));
  });

  test("the kill before the container is stopped, so that its end counts as this kill", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const offer = await scheduler.offer();
    await accept(scheduler, [offer], [task("t", offer, { killGraceSeconds: 9 })]);
    await scheduler.status("t", "TASK_RUNNING");
    const atStop = checkpointAt("stop");
    await scheduler.call("KILL", { kill: { task_id: { value: "t" } } });
    expect((await atStop).tasks).toMatchObject([{ killGraceSeconds: 9 }]);
  });
});

describe("a restart", () => {
  test("keeps the framework, its tasks and the updates it has not acknowledged", async () => {
    const before = await RawScheduler.subscribe(mesos.url, AWARE);
    const offer = await before.offer();
    await accept(before, [offer], [task("kept", offer), task("ended", offer)]);
    await before.status("kept", "TASK_RUNNING");
    const container = await containerOf(before, "ended");
    before.acknowledges = false;
    mesos.docker.end(container, 3);
    const end = await before.status("ended", "TASK_FAILED");
    await mesos.stopServer();
    await mesos.startServer();
    const after = await RawScheduler.subscribe(mesos.url, {
      ...AWARE,
      id: { value: before.frameworkId },
    });
    expect((await after.status("ended", "TASK_FAILED")).uuid).toBe(end.uuid);
    await after.call("RECONCILE", { reconcile: { tasks: [] } });
    expect(await after.status("kept", "TASK_RUNNING")).toMatchObject({
      reason: "REASON_RECONCILIATION",
      agent_id: offer.agent_id,
    });
    expect(mesos.docker.calls.filter((call) => call.startsWith("create"))).toHaveLength(2);
  });

  test("with other agents drops the tasks of those that are gone, and their containers", async () => {
    const before = await RawScheduler.subscribe(mesos.url);
    const offer = await before.offer();
    await accept(before, [offer], [task("t", offer)]);
    await before.status("t", "TASK_RUNNING");
    await mesos.stopServer();
    await mesos.startServer([
      { ...AGENT, hostname: "host-b" },
      { ...AGENT, hostname: "host-c" },
    ]);
    await until("the container gone", () => mesos.docker.containers.size === 0);
  });
});

describe("this machine as an agent", () => {
  async function diskWith(dataRoot: string): Promise<number> {
    const directory = await mkdtemp(join(tmpdir(), "mesos-local-disk-"));
    const docker = new FakeDockerEngine();
    docker.dataRootPath = dataRoot;
    const options = mesos.options({ stateDir: directory });
    const local = await startMesosLocalOn(() => docker, options);
    const scheduler = await RawScheduler.subscribe(local.url);
    const { resources } = await scheduler.offer();
    await local.stop();
    await rm(directory, { recursive: true });
    return resources.find(({ name }) => name === "disk")?.scalar?.value ?? 0;
  }

  test("has the disk of Docker's data root, not that of the state directory", async () => {
    // A file system of its own that every Linux has, and that has no room.
    expect(await diskWith("/proc")).toBe(0);
  });

  test("has that of the state directory where the engine's is out of sight", async () => {
    expect(await diskWith("/no/such/directory")).toBeGreaterThan(0);
  });
});

describe("a start is refused", () => {
  test("on a state directory in use", async () => {
    await expect(mesos.startServer()).rejects.toMatchObject({ code: "ERR_STATE_LOCKED" });
  });

  test("on an address in use, and nothing is left locked", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "mesos-local-other-"));
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const options = mesos.options({ tcp: { ...TCP, port }, stateDir: elsewhere });
    const attempt = () => startMesosLocalOn(() => mesos.docker, options);
    const refusal = {
      code: "ERR_ADDRESS_IN_USE",
      message: expect.stringContaining(`127.0.0.1:${port}`) as string,
    };
    await expect(attempt()).rejects.toMatchObject(refusal);
    await expect(attempt()).rejects.toMatchObject(refusal);
    server.close();
    await rm(elsewhere, { recursive: true });
  });

  test.each([
    [{ tcp: { ...TCP, port: -1 } }, /^port:/],
    [{ tcp: { ...TCP, host: "somewhere" } }, /^host:/],
    [{ tcp: { ...TCP, hostPaths: ["/a/../b"] } }, /^hostPaths:/],
    [{ agents: [] }, /^agents:/],
    [{ agents: [{ ...AGENT, cpus: Number.NaN }] }, /cpus of host-a/],
  ])("with %o", async (wrong, message) => {
    const options = mesos.options(wrong);
    await expect(startMesosLocalOn(() => mesos.docker, options)).rejects.toThrow(message);
  });
});
