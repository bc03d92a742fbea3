/** Containers of the embedded Mesos that somebody else renames, pauses or removes on the engine. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type MesosLocal, startMesosLocal } from "../../controller/mesos-local/main.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { DockerSite, ip } from "../support/mesos-local/docker-site.ts";
import { silentLog } from "../support/silent-log.ts";

const ADDRESS = "172.31.40.30";
const RENAMED = `renamed-${process.pid}`;

const site = new DockerSite();
let mesos: MesosLocal;

const start = () =>
  startMesosLocal({ stateDir: site.stateDir, clock: systemClock, log: silentLog });

beforeAll(() => site.create());
afterAll(() => site.remove());
beforeEach(async () => {
  await site.newStateDir();
  mesos = await start();
  await site.subscribe(mesos.url);
});
afterEach(async () => {
  await mesos.stop();
  await site.clear();
});

async function renamed(taskId = "t") {
  await site.launch((offer) => site.task(taskId, offer, ip(ADDRESS)));
  const container = await site.runningContainer(taskId);
  const byId = site.docker.getContainer((await container.inspect()).Id);
  await byId.rename({ name: RENAMED });
  return byId;
}

/** The address is free, and the slot can be used again. */
async function successorRuns(): Promise<void> {
  await site.launch((offer) => site.task("next", offer, ip(ADDRESS)));
  await site.scheduler.status("next", "TASK_RUNNING");
}

test("a renamed container that is removed has failed, and its address is free", async () => {
  await (await renamed()).remove({ force: true });
  await site.scheduler.status("t", "TASK_FAILED");
  await successorRuns();
});

test("a renamed container that is killed from outside has failed, and is removed", async () => {
  await (await renamed()).kill();
  await site.scheduler.status("t", "TASK_FAILED");
  await site.allGone();
  await successorRuns();
});

test("a renamed container is ended by a KILL", async () => {
  await renamed();
  await site.kill("t", 1);
  await site.scheduler.status("t", "TASK_KILLED");
  await site.allGone();
});

test("a renamed container is found again after a restart, and not replaced", async () => {
  const container = await renamed();
  const { frameworkId } = site.scheduler;
  await mesos.stop();
  mesos = await start();
  await site.subscribe(mesos.url, frameworkId);
  await site.scheduler.call("RECONCILE", { reconcile: { tasks: [] } });
  await site.scheduler.status("t", "TASK_RUNNING");
  expect((await container.inspect()).State.Running).toBe(true);
  await site.kill("t", 1);
  await site.scheduler.status("t", "TASK_KILLED");
  await site.allGone();
});

test("a KILL of a container that went while no event could tell is answered with its end", async () => {
  const container = await renamed();
  const { frameworkId } = site.scheduler;
  await mesos.stop();
  await container.remove({ force: true });
  mesos = await start();
  await site.subscribe(mesos.url, frameworkId);
  await site.kill("t", 1);
  await site.scheduler.event(
    "the end",
    (event) =>
      event.type === "UPDATE" && ["TASK_FAILED", "TASK_KILLED"].includes(event.update.status.state),
  );
  await successorRuns();
});

test("a paused container runs on through a restart, and a KILL ends it within the grace", async () => {
  await site.launch((offer) => site.task("t", offer, ip(ADDRESS)));
  const container = await site.runningContainer("t");
  await container.pause();
  const { frameworkId } = site.scheduler;
  await mesos.stop();
  mesos = await start();
  await site.subscribe(mesos.url, frameworkId);
  await site.scheduler.call("RECONCILE", { reconcile: { tasks: [] } });
  await site.scheduler.status("t", "TASK_RUNNING");
  expect((await container.inspect()).State.Paused).toBe(true);
  await site.kill("t", 1);
  await site.scheduler.status("t", "TASK_KILLED");
  await site.allGone();
  await successorRuns();
});
