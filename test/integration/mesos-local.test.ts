/** What a task of the embedded Mesos goes through on the real Docker engine, and how it ends. */
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

  test("a task runs at the address it asked for, and says what docker inspect says", async () => {
    const parameters = [...ip("172.31.40.20"), { key: "hostname", value: "lab-slot-0" }];
    await site.launch((offer) => site.task("t", offer, parameters));
    const running = await site.scheduler.status("t", "TASK_RUNNING");
    expect(site.states("t")).toEqual(["TASK_STARTING", "TASK_RUNNING"]);
    expect(running.container_status?.network_infos).toEqual([
      { ip_addresses: [{ protocol: "IPv4", ip_address: "172.31.40.20" }], name: site.network },
    ]);
    const inspected = await (await site.runningContainer("t")).inspect();
    expect(inspected.NetworkSettings.Networks[site.network]?.IPAddress).toBe("172.31.40.20");
    expect(inspected.Config.Hostname).toBe("lab-slot-0");
    expect(inspected.HostConfig).toMatchObject({ Memory: 32 * 2 ** 20, CpuShares: 102 });
    const data = Buffer.from(running.data ?? "", "base64").toString();
    expect(JSON.parse(data)).toMatchObject([{ Id: inspected.Id }]);
  });

  test("a killed container is TASK_FAILED 137, and is gone", async () => {
    await site.launch((offer) => site.task("t", offer));
    await (await site.runningContainer("t")).kill();
    expect(await site.scheduler.status("t", "TASK_FAILED")).toMatchObject({
      message: "Container exited with status 137",
      source: "SOURCE_EXECUTOR",
    });
    await site.allGone();
  });

  test("a successor takes the address of a killed one at once", async () => {
    await site.launch((offer) => site.task("a", offer, ip("172.31.40.21")));
    const first = await site.runningContainer("a");
    // The offer is at hand before the kill, so that nothing but Docker is waited for.
    const offer = await site.freshOffer();
    const killed = first.kill();
    await site.scheduler.status("a", "TASK_FAILED");
    await site.launchOn(offer, (at) => site.task("b", at, ip("172.31.40.21")));
    await site.scheduler.status("b", "TASK_RUNNING");
    await killed;
  });

  test("an exit is FINISHED or FAILED by its code, and the output is kept", async () => {
    await site.launch(
      (offer) => site.task("ok", offer, [], "echo hello; exit 0"),
      (offer) => site.task("bad", offer, [], "exit 7"),
    );
    expect((await site.scheduler.status("ok", "TASK_FINISHED")).message).toBe(
      "Container exited with status 0",
    );
    expect((await site.scheduler.status("bad", "TASK_FAILED")).message).toBe(
      "Container exited with status 7",
    );
    expect(site.states("ok")).toEqual(["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"]);
    const id = site.scheduler.statusesOf("ok")[0]?.container_status?.container_id?.value ?? "";
    const stdout = join(site.stateDir, "sandboxes", id, "stdout");
    const text = await until("its output", () => readFile(stdout, "utf8"));
    expect(text).toBe("hello\n");
  });

  test("a kill ends a task that obeys with TERM, one that does not with KILL after the grace", async () => {
    const obeys = "trap 'exit 0' TERM; while :; do sleep 0.05; done";
    const ignores = "trap '' TERM; while :; do sleep 1; done";
    await site.launch(
      (offer) => site.task("obeys", offer, [], obeys),
      (offer) => site.task("ignores", offer, [], ignores),
    );
    await site.scheduler.status("obeys", "TASK_RUNNING");
    await site.scheduler.status("ignores", "TASK_RUNNING");
    await site.kill("obeys", 20);
    expect((await site.scheduler.status("obeys", "TASK_KILLED")).message).toBe(
      "Container exited with status 0",
    );
    await site.kill("ignores", 1);
    expect((await site.scheduler.status("ignores", "TASK_KILLED")).message).toBe(
      "Container exited with status 137",
    );
    expect(site.states("ignores").slice(-2)).toEqual(["TASK_KILLING", "TASK_KILLED"]);
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

  test("an image that no registry gives fails as the agent's, without STARTING", async () => {
    await site.launch((offer) => {
      const task = site.task("t", offer);
      // Nobody listens there, so that nothing leaves this machine.
      const dockerInfo = { ...task.container.docker, image: "127.0.0.1:1/nowhere:1" };
      return { ...task, container: { ...task.container, docker: dockerInfo } };
    });
    const failed = await site.scheduler.status("t", "TASK_FAILED");
    expect(failed).toMatchObject({
      source: "SOURCE_AGENT",
      reason: "REASON_CONTAINER_LAUNCH_FAILED",
      message: expect.stringContaining("127.0.0.1:1") as string,
    });
    expect(site.states("t")).toEqual(["TASK_FAILED"]);
  });

  test("a container restarted behind our back is FAILED and does not live on", async () => {
    await site.launch((offer) => site.task("t", offer, ip("172.31.40.22")));
    const container = await site.runningContainer("t");
    // Removed under its hands, the restart itself may fail; that is no matter here.
    await container.restart({ t: 0 }).catch(() => undefined);
    await site.scheduler.status("t", "TASK_FAILED");
    await site.allGone();
  });

  test("TEARDOWN removes all containers and says nothing of the tasks", async () => {
    await site.launch(
      (offer) => site.task("a", offer),
      (offer) => site.task("b", offer),
    );
    await site.scheduler.status("a", "TASK_RUNNING");
    await site.scheduler.status("b", "TASK_RUNNING");
    const before = site.scheduler.seen.length;
    await site.scheduler.call("TEARDOWN");
    await site.allGone();
    expect(site.scheduler.ending).toBe("chunk");
    const later = site.scheduler.seen.slice(before).map(({ event }) => event.type);
    expect(later).not.toContain("UPDATE");
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
