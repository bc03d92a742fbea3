/**
 * What the embedded Mesos does on the real Docker engine beside what every master does
 * (mesos-contract.test.ts).
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { placeOfSocket } from "../../controller/mesos/http/master-address.ts";
import { SandboxReader } from "../../controller/mesos/http/sandbox-reader.ts";
import { Transport } from "../../controller/mesos/http/transport.ts";
import { reasonIn } from "../../controller/mesos/tasks/launch-failure.ts";
import type { Parameter } from "../../controller/mesos/wire.ts";
import { type MesosLocal, startMesosLocal } from "../../controller/mesos-local/main.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { DockerSite, ip } from "../support/mesos-local/docker-site.ts";
import { until } from "../support/poll.ts";
import { silentLog } from "../support/silent-log.ts";

const OPTIONS = { clock: systemClock, log: silentLog };

const site = new DockerSite();

beforeAll(() => site.create());
afterAll(() => site.remove());
beforeEach(() => site.newStateDir());
afterEach(() => site.clear());

let mesos: MesosLocal;

async function startServer(): Promise<void> {
  mesos = await startMesosLocal({ ...OPTIONS, stateDir: site.stateDir });
  await site.subscribe(mesos.url);
}

describe("on a Docker engine", () => {
  beforeEach(startServer);
  afterEach(() => mesos.stop());

  test("a container that has ended is removed at once", async () => {
    await site.launch((offer) => site.task("t", offer));
    await (await site.runningContainer("t")).kill();
    await site.scheduler.status("t", "TASK_FAILED");
    await site.allGone();
  });

  test("the output of what has ended is kept", async () => {
    await site.launch((offer) => site.task("ok", offer, [], "echo hello; exit 0"));
    await site.scheduler.status("ok", "TASK_FINISHED");
    const id = site.scheduler.statusesOf("ok")[0]?.container_status?.container_id?.value ?? "";
    const stdout = join(site.stateDir, "sandboxes", id, "stdout");
    const text = await until("its output", () => readFile(stdout, "utf8"));
    expect(text).toBe("hello\n");
  });

  test.each<[string, readonly Parameter[], string, RegExp]>([
    ["a bad address", ip("10.1.2.3"), site.network, /^Container exited with status 125: docker: /],
    ["an unknown network", [], "no-such-network", /status 125: docker: .*no-such-network/],
    [
      "an unknown parameter",
      [{ key: "wings", value: "2" }],
      site.network,
      /^Container exited with status 125: unknown flag: --wings$/,
    ],
  ])(
    "%s fails the task with Docker's own reason, and leaves nothing",
    async (_name, parameters, network, message) => {
      await site.launch((offer) => {
        const task = site.task("t", offer, parameters);
        return { ...task, container: { ...task.container, network_infos: [{ name: network }] } };
      });
      const failed = await site.scheduler.status("t", "TASK_FAILED");
      expect(failed.message).toMatch(message);
      expect(site.states("t")).toEqual(["TASK_STARTING", "TASK_FAILED"]);
      await site.allGone();
      // Whoever asks the sandbox, as of a real agent, is told the same.
      const reader = new SandboxReader(new Transport({}), systemClock);
      const { frameworkId } = site.scheduler;
      const place = placeOfSocket(mesos.socketPath);
      const stderr = await until("it is kept", () => reader.stderr(place, frameworkId, "t"));
      expect(failed.message).toBe(`Container exited with status 125: ${reasonIn(stderr)}`);
    },
  );

  test("a container restarted behind our back is FAILED and does not live on", async () => {
    await site.launch((offer) => site.task("t", offer, ip("172.31.40.22")));
    const container = await site.runningContainer("t");
    // Removed under its hands, the restart itself may fail; that is no matter here.
    await container.restart({ t: 0 }).catch(() => undefined);
    await site.scheduler.status("t", "TASK_FAILED");
    await site.allGone();
  });

  test("named volumes outlive their container, anonymous ones do not", async () => {
    const name = `mesos-local-test-${site.run}`;
    const volumes = async () => (await site.docker.listVolumes()).Volumes.map(({ Name }) => Name);
    try {
      await site.launch((offer) =>
        site.task("t", offer, [
          { key: "volume", value: `${name}:/named` },
          { key: "volume", value: "/anonymous" },
        ]),
      );
      const container = await site.runningContainer("t");
      const { Mounts } = await container.inspect();
      const anonymous = Mounts.find(({ Destination }) => Destination === "/anonymous")?.Name;
      await container.kill();
      await site.allGone();
      expect(await volumes()).toContain(name);
      expect(await volumes()).not.toContain(anonymous);
    } finally {
      for (const { Id } of await site.containers())
        await site.docker.getContainer(Id).remove({ force: true });
      await site.docker.getVolume(name).remove();
    }
  });

  test("another embedded Mesos on the same engine never touches its containers", async () => {
    await site.launch((offer) => site.task("t", offer));
    const container = await site.runningContainer("t");
    const otherDir = await mkdtemp(join(tmpdir(), "mesos-local-other-"));
    const other = await startMesosLocal({ ...OPTIONS, stateDir: otherDir });
    await other.stop();
    await rm(otherDir, { recursive: true });
    expect((await container.inspect()).State.Running).toBe(true);
    expect(site.states("t")).toEqual(["TASK_STARTING", "TASK_RUNNING"]);
  });
});
