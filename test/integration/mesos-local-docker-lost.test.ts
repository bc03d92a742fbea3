/** What the embedded Mesos does while it cannot reach the real Docker engine, and afterwards. */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type MesosLocal, startMesosLocal } from "../../controller/mesos-local/main.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { CuttableSocket } from "../support/mesos-local/cuttable-socket.ts";
import { DockerSite } from "../support/mesos-local/docker-site.ts";
import { send } from "../support/mesos-local/raw-scheduler.ts";
import { until } from "../support/poll.ts";
import { silentLog } from "../support/silent-log.ts";

const site = new DockerSite();
let socket: CuttableSocket;
let mesos: MesosLocal;

beforeAll(() => site.create());
afterAll(() => site.remove());

beforeEach(async () => {
  await site.newStateDir();
  socket = new CuttableSocket(join(site.stateDir, "docker.sock"));
  await socket.open();
  mesos = await startMesosLocal({
    stateDir: site.stateDir,
    dockerSocket: socket.path,
    clock: systemClock,
    log: silentLog,
  });
  await site.subscribe(mesos.url);
});

afterEach(async () => {
  await mesos.stop();
  await socket.cut();
  await site.clear();
});

async function dockerState(): Promise<{ connected: boolean; problem?: string }> {
  const { body } = await send(`${mesos.url}/state`, "", {}, "GET");
  return (JSON.parse(body) as { docker: { connected: boolean } }).docker;
}

test("offers are taken back, and ends that nobody saw are told when it is back", async () => {
  await site.launch(
    (offer) => site.task("dies", offer),
    (offer) => site.task("lives", offer),
  );
  const dies = await site.runningContainer("dies");
  const lives = await site.runningContainer("lives");
  await site.freshOffer();
  await socket.cut();
  await site.scheduler.event("the rescind", (event) => event.type === "RESCIND");
  expect(await dockerState()).toMatchObject({ connected: false });
  await dies.kill();
  await socket.open();
  expect((await site.scheduler.status("dies", "TASK_FAILED")).message).toBe(
    "Container exited with status 137",
  );
  await until("connected again", async () => (await dockerState()).connected);
  await site.freshOffer();
  await lives.kill();
  await site.scheduler.status("lives", "TASK_FAILED");
});

test("a launch that the break cuts off ends in RUNNING or FAILED, and leaves no stray", async () => {
  await site.launch((offer) => site.task("t", offer));
  await until("the container made", async () => (await site.containers()).length > 0);
  await socket.cut();
  await socket.open();
  const last = await until("an answer", () =>
    site.states("t").find((state) => state === "TASK_RUNNING" || state === "TASK_FAILED"),
  );
  const expected = last === "TASK_RUNNING" ? 1 : 0;
  await until("what fits it", async () => (await site.containers()).length === expected);
});

test("a stop meanwhile is a clean one", async () => {
  await socket.cut();
  await until("it is seen", async () => !(await dockerState()).connected);
  await mesos.stop();
  await expect(mesos.finished).resolves.toBeNull();
});
