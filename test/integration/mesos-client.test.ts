/**
 * The Mesos client against the embedded master, or the one that SITE_MESOS names
 * (test/support/mesos/master-under-test.ts), with real containers.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MesosScheduler } from "../../controller/mesos/scheduler.ts";
import { TaskStore } from "../../controller/mesos/tasks/task-store.ts";
import type { TaskInfo } from "../../controller/mesos/wire.ts";
import {
  lastKnown,
  type ObservedOffer,
  type ObservedTask,
} from "../../controller/model/observed.ts";
import { taskEnd } from "../../controller/model/task-state.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { TEST_LABEL } from "../support/docker-remains.ts";
import {
  type MasterUnderTest,
  masterUnderTest,
  SITE_MESOS,
} from "../support/mesos/master-under-test.ts";
import { FRAMEWORK } from "../support/mesos/test-scheduler.ts";
import { ensureSmallImage, SMALL_IMAGE } from "../support/mesos-local/small-image.ts";
import { until } from "../support/poll.ts";
import { silentLog } from "../support/silent-log.ts";

const docker = new Docker();
const CLUSTER = "default/test";
const run = `mesos-client-test-${process.pid}`;
const label = `${TEST_LABEL}=${run}`;
let stateDir: string;
let master: MasterUnderTest;
let store: TaskStore;
let scheduler: MesosScheduler;
let frameworkId: string | null = null;
const remembered = new Map<string, string>();
const saved: ObservedTask[] = [];

function newScheduler(): MesosScheduler {
  store = new TaskStore({
    files: { save: async (task) => void saved.push(task), remove: async () => undefined },
    stored: new Map(),
    intents: {
      all: () => [...remembered].map(([taskId, agentId]) => ({ taskId, agentId })),
      has: (taskId) => remembered.has(taskId),
    },
    clock: systemClock,
    onChange: () => undefined,
  });
  return new MesosScheduler({
    masters: master.places,
    ...(master.credentials === null ? {} : { credentials: master.credentials }),
    framework: FRAMEWORK,
    frameworkId,
    clock: systemClock,
    log: silentLog,
    tasks: store,
    saveFrameworkId: async (id) => {
      frameworkId = id;
    },
    onChange: () => undefined,
  });
}

beforeAll(async () => {
  await ensureSmallImage(docker);
  await docker.createNetwork({
    Name: run,
    IPAM: { Driver: "default", Config: [{ Subnet: "172.31.30.0/24" }] },
    Labels: { [TEST_LABEL]: run },
  });
  stateDir = await mkdtemp(join(tmpdir(), "mesos-client-"));
  master = await masterUnderTest(stateDir);
  scheduler = newScheduler();
  scheduler.start();
  await until("a subscription", () => scheduler.observe(CLUSTER).freshness === "fresh");
});

afterAll(async () => {
  await scheduler?.teardown();
  await until("no containers", async () => (await containers()).length === 0);
  await master?.stop();
  await docker.getNetwork(run).remove();
  await rm(stateDir, { recursive: true });
});

function containers(): Promise<Docker.ContainerInfo[]> {
  return docker.listContainers({ filters: { label: [label] } });
}

function task(taskId: string): ObservedTask | undefined {
  return store.get(taskId);
}

async function offer(): Promise<ObservedOffer> {
  scheduler.setDemand(true);
  return until("an offer", () => lastKnown(scheduler.observe(CLUSTER))?.offers[0]);
}

function taskInfo(taskId: string, agentId: string, ip: string): TaskInfo {
  return {
    name: taskId,
    task_id: { value: taskId },
    agent_id: { value: agentId },
    resources: [
      { name: "cpus", type: "SCALAR", scalar: { value: 0.1 } },
      { name: "mem", type: "SCALAR", scalar: { value: 16 } },
    ],
    command: { shell: false, value: "sleep", arguments: ["600"] },
    container: {
      type: "DOCKER",
      docker: {
        image: SMALL_IMAGE,
        network: "USER",
        parameters: [
          { key: "ip", value: ip },
          { key: "label", value: label },
        ],
      },
      network_infos: [{ name: run }],
    },
  };
}

async function launch(taskId: string, ip: string): Promise<ObservedTask> {
  const { id, agentId } = await offer();
  remembered.set(taskId, agentId);
  const accepted = scheduler.accept([id], [taskInfo(taskId, agentId, ip)]);
  expect(task(taskId)?.state).toBe("TASK_STAGING");
  await accepted;
  return until("running", () => {
    const known = task(taskId);
    if (known && taskEnd(known.state) === "ended") throw new Error(JSON.stringify(known));
    return known?.state === "TASK_RUNNING" ? known : null;
  });
}

it("launches a container at its address, and its states are stored in order", async () => {
  const running = await launch("run.1", "172.31.30.10");
  expect(running.ip).toBe("172.31.30.10");
  const found = await docker.getContainer(running.container ?? "").inspect();
  expect(found.State.Running).toBe(true);
  expect(found.NetworkSettings.Networks[run]?.IPAddress).toBe("172.31.30.10");
  await until("both stored", () => saved.length >= 2);
  expect(saved.map((t) => t.state)).toEqual(["TASK_STARTING", "TASK_RUNNING"]);
});

it("is told at once that a container was killed, and its address can be used again", async () => {
  const { container } = task("run.1") as ObservedTask;
  await docker.getContainer(container ?? "").kill();
  const failed = await until("the end", () => {
    const known = task("run.1");
    return known?.state === "TASK_FAILED" ? known : null;
  });
  expect(failed.message).toMatch(/137/);
  expect((await launch("run.2", "172.31.30.10")).container).not.toBe(container);
});

it("kills a task on request", async () => {
  const running = await launch("run.3", "172.31.30.11");
  await scheduler.kill("run.3", running.agentId, 200);
  await until("killed", () => task("run.3")?.state === "TASK_KILLED");
  await until("the container is gone or stopped", async () => {
    const names = (await containers()).flatMap((c) => c.Names);
    return !names.includes(`/${running.container}`);
  });
});

it("launches several tasks on one offer", async () => {
  const { id, agentId } = await offer();
  const ids = ["many.1", "many.2"];
  const infos = ids.map((taskId, i) => taskInfo(taskId, agentId, `172.31.30.${20 + i}`));
  await scheduler.accept([id], infos);
  await until("both run", () => ids.every((taskId) => task(taskId)?.state === "TASK_RUNNING"));
  for (const taskId of ids) await scheduler.kill(taskId, agentId, 200);
  await until("both ended", () => ids.every((taskId) => task(taskId)?.state === "TASK_KILLED"));
});

it("finds its task again after a restart of the scheduler, under the same framework id", async () => {
  const before = { frameworkId, container: task("run.2")?.container };
  remembered.clear();
  remembered.set("run.2", task("run.2")?.agentId ?? "");
  await scheduler.stop();
  scheduler = newScheduler();
  expect(scheduler.observe(CLUSTER).freshness).toBe("unknown");
  scheduler.start();
  await until("reconciled", () => lastKnown(scheduler.observe(CLUSTER))?.reconciled);
  expect(frameworkId).toBe(before.frameworkId);
  expect(task("run.2")).toMatchObject({
    state: "TASK_RUNNING",
    ip: "172.31.30.10",
    container: before.container,
  });
});

it.skipIf(SITE_MESOS !== undefined)(
  "finds its task again after a restart of the master, and hears what happened meanwhile",
  async () => {
    const { container } = task("run.2") as ObservedTask;
    await master.stop();
    await until("stale", () => scheduler.observe(CLUSTER).freshness === "stale");
    expect(task("run.2")?.state).toBe("TASK_RUNNING");
    master = await masterUnderTest(stateDir);
    await until("fresh", () => scheduler.observe(CLUSTER).freshness === "fresh");
    await until("reconciled", () => lastKnown(scheduler.observe(CLUSTER))?.reconciled);
    expect(task("run.2")?.state).toBe("TASK_RUNNING");
    await master.stop();
    await docker.getContainer(container ?? "").kill();
    master = await masterUnderTest(stateDir);
    await until("the end", () => taskEnd(task("run.2")?.state ?? "TASK_UNKNOWN") === "ended");
  },
);

it("a task that was never launched is gone: the master says so when it is asked", async () => {
  const { agentId } = await offer();
  remembered.set("never.1", agentId);
  await scheduler.stop();
  scheduler = newScheduler();
  scheduler.start();
  await until("reconciled", () => lastKnown(scheduler.observe(CLUSTER))?.reconciled);
  expect(task("never.1")?.state).toBe("TASK_GONE");
});
