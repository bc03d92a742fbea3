/**
 * What a master and its agents do, seen over bare HTTP: held by the embedded one, and, where
 * SITE_MESOS names a master, by that one (see test/support/mesos/master-under-test.ts).
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SchedulerEvent } from "../../controller/mesos/wire.ts";
import { answersToBogusIds, REFUSALS, statusesByStreamId } from "../support/mesos/http-contract.ts";
import { wrongShapes } from "../support/mesos/event-shapes.ts";
import { type MasterUnderTest, masterUnderTest } from "../support/mesos/master-under-test.ts";
import { DockerSite, ip } from "../support/mesos-local/docker-site.ts";
import { RawScheduler } from "../support/mesos-local/raw-scheduler.ts";
import { until } from "../support/poll.ts";

const site = new DockerSite();
const said: SchedulerEvent[] = [];
let master: MasterUnderTest;

beforeAll(async () => {
  await site.create();
  await site.newStateDir();
  master = await masterUnderTest(site.stateDir);
});

afterAll(async () => {
  await master?.stop();
  await site.clear();
  await site.remove();
});

describe("HTTP", () => {
  test.each(REFUSALS)("%s is answered %d", async (_name, status, request) => {
    expect((await request(master.url)).status).toBe(status);
  });

  test("a call with no, a wrong and the right stream id", async () => {
    expect(await statusesByStreamId(master.url)).toEqual([400, 400, 202]);
  });

  test("202 even for offers and tasks that never were", async () => {
    expect(await answersToBogusIds(master.url)).toMatchObject([
      { status: 202, body: "" },
      { status: 202, body: "" },
    ]);
  });
});

describe("a subscription", () => {
  test("begins with the framework's id, and a heartbeat of 15 s at once", async () => {
    const scheduler = await RawScheduler.subscribe(master.url);
    const [first] = scheduler.seen;
    expect(first?.event).toMatchObject({ subscribed: { heartbeat_interval_seconds: 15 } });
    await scheduler.event("a heartbeat", (event) => event.type === "HEARTBEAT", 5000);
    await scheduler.call("TEARDOWN");
  });

  test("of another with the same id ends the first, which is told why", async () => {
    const first = await RawScheduler.subscribe(master.url);
    const id = { value: first.frameworkId };
    const second = await RawScheduler.subscribe(master.url, { id });
    expect(second.frameworkId).toBe(first.frameworkId);
    const told = await first.event("the end", (event) => event.type === "ERROR");
    expect(told.event).toMatchObject({ error: { message: "Framework failed over" } });
    await second.call("TEARDOWN");
  });

  test("with an id that was torn down is refused for ever", async () => {
    const first = await RawScheduler.subscribe(master.url);
    await first.call("TEARDOWN");
    const id = { value: first.frameworkId };
    const again = await RawScheduler.subscribe(master.url, { id });
    expect(again.seen[0]?.event).toMatchObject({
      error: { message: "Framework has been removed" },
    });
  });
});

describe("a framework", () => {
  beforeEach(() => site.subscribe(master.url));

  afterEach(async () => {
    said.push(...site.scheduler.seen.map(({ event }) => event));
    await site.scheduler.call("TEARDOWN");
    await site.noneRuns();
  });

  test("is offered again what it has declined, and by REVIVE what it declined in silence", async () => {
    const offer = await site.freshOffer();
    const decline = { offer_ids: [offer.id], filters: { refuse_seconds: 0 } };
    await site.scheduler.call("DECLINE", { decline });
    const again = await site.freshOffer();
    await site.scheduler.call("SUPPRESS");
    await site.scheduler.call("DECLINE", { decline: { ...decline, offer_ids: [again.id] } });
    const before = site.scheduler.seen.length;
    await site.scheduler.call("REVIVE");
    const { event } = await site.scheduler.event(
      "offers after REVIVE",
      ({ type }) => type === "OFFERS",
      20_000,
      before,
    );
    expect(event.type).toBe("OFFERS");
  });

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

  test("a killed container is TASK_FAILED 137", async () => {
    await site.launch((offer) => site.task("t", offer));
    await (await site.runningContainer("t")).kill();
    expect(await site.scheduler.status("t", "TASK_FAILED")).toMatchObject({
      message: "Container exited with status 137",
      source: "SOURCE_EXECUTOR",
    });
    await site.noneRuns();
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

  test("an exit is FINISHED or FAILED by its code", async () => {
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

  test("TEARDOWN ends all containers and says nothing of the tasks", async () => {
    await site.launch(
      (offer) => site.task("a", offer),
      (offer) => site.task("b", offer),
    );
    await site.scheduler.status("a", "TASK_RUNNING");
    await site.scheduler.status("b", "TASK_RUNNING");
    const before = site.scheduler.seen.length;
    await site.scheduler.call("TEARDOWN");
    await site.noneRuns();
    expect(site.scheduler.ending).toBe("chunk");
    const later = site.scheduler.seen.slice(before).map(({ event }) => event.type);
    expect(later).not.toContain("UPDATE");
  });

  test("RUNNING is not told before STARTING is acknowledged", async () => {
    site.scheduler.acknowledges = false;
    await site.launch((offer) => site.task("t", offer));
    const starting = await site.scheduler.status("t", "TASK_STARTING");
    await until("its container runs", async () =>
      (await site.containers()).some(({ State }) => State === "running"),
    );
    // Whatever came before the answer to a question has arrived with it.
    const tasks = [{ task_id: { value: "unknown" }, agent_id: { value: "bogus" } }];
    await site.scheduler.call("RECONCILE", { reconcile: { tasks } });
    await site.scheduler.status("unknown", "TASK_UNKNOWN");
    expect(site.states("t")).not.toContain("TASK_RUNNING");
    await site.scheduler.acknowledge(starting);
    const running = await site.scheduler.status("t", "TASK_RUNNING");
    await site.scheduler.acknowledge(running);
  });

  test("a launch on an offer that is gone is dropped, without a uuid", async () => {
    const offer = await site.freshOffer();
    await site.scheduler.call("DECLINE", { decline: { offer_ids: [offer.id] } });
    await site.launchOn(offer, (at) => site.task("t", at));
    const dropped = await site.scheduler.status("t", "TASK_DROPPED");
    expect(dropped).toMatchObject({ source: "SOURCE_MASTER", reason: "REASON_INVALID_OFFERS" });
    expect(dropped.uuid).toBeUndefined();
  });

  test("RECONCILE answers of what runs, what is unknown to its agent, and what is unknown", async () => {
    await site.launch((offer) => site.task("t", offer));
    const { agent_id } = await site.scheduler.status("t", "TASK_RUNNING");
    const before = site.scheduler.seen.length;
    const ask = (id: string, agent: { value: string } | undefined) => ({
      task_id: { value: id },
      ...(agent === undefined ? {} : { agent_id: agent }),
    });
    const tasks = [ask("t", agent_id), ask("gone", agent_id), ask("unknown", { value: "bogus" })];
    await site.scheduler.call("RECONCILE", { reconcile: { tasks } });
    const { event } = await site.scheduler.event(
      "the answer",
      (e) => e.type === "UPDATE" && e.update.status.task_id.value === "t",
      20_000,
      before,
    );
    expect(event).toMatchObject({
      update: {
        status: {
          state: "TASK_RUNNING",
          source: "SOURCE_MASTER",
          reason: "REASON_RECONCILIATION",
        },
      },
    });
    expect(event).not.toHaveProperty("update.status.uuid");
    await site.scheduler.status("gone", "TASK_GONE");
    await site.scheduler.status("unknown", "TASK_UNKNOWN");
  });
});

test("every event so far has the shape of the captured ones of its kind", () => {
  expect(said.length).toBeGreaterThan(0);
  // An agent may have none.
  const wrong = wrongShapes(said).filter((what) => !what.endsWith(".attributes: missing"));
  expect(wrong).toEqual([]);
});
