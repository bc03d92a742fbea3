/** The whole server over real HTTP, on a Docker engine in memory and a clock that stands still. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Offer, SchedulerEvent, TaskInfo } from "../../../controller/mesos/wire.ts";
import { EngineError } from "../../../controller/mesos-local/docker-engine.ts";
import { type MesosLocal, startMesosLocalOn } from "../../../controller/mesos-local/main.ts";
import { FakeDockerEngine } from "../../support/mesos-local/fake-docker-engine.ts";
import { AGENT, type TaskWishes, taskInfo } from "../../support/mesos-local/fixtures.ts";
import { RawScheduler, send } from "../../support/mesos-local/raw-scheduler.ts";
import { SteppedClock } from "../../support/mesos-local/stepped-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const SECOND = 1000;
const AWARE = { capabilities: [{ type: "PARTITION_AWARE" }] };
const JSON_HEADERS = { "Content-Type": "application/json", Accept: "application/json" };
const SUBSCRIBE = { type: "SUBSCRIBE", subscribe: { framework_info: { user: "u", name: "n" } } };

let stateDir: string;
let clock: SteppedClock;
let docker: FakeDockerEngine;
let mesos: MesosLocal;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "mesos-local-api-"));
  clock = new SteppedClock();
  docker = new FakeDockerEngine();
  await start();
});

afterEach(async () => {
  await mesos.stop();
  await rm(stateDir, { recursive: true });
});

async function start(agents = [AGENT]): Promise<void> {
  const options = { host: "127.0.0.1", port: 0, stateDir, agents, clock, log: silentLog };
  mesos = await startMesosLocalOn(() => docker, options);
}

function apiUrl(): string {
  return `${mesos.url}/api/v1/scheduler`;
}

function task(id: string, offer: Offer, wishes: TaskWishes = {}): TaskInfo {
  return taskInfo(id, { ...wishes, agentId: offer.agent_id.value });
}

function accept(scheduler: RawScheduler, offers: readonly Offer[], tasks: readonly TaskInfo[]) {
  return scheduler.call("ACCEPT", {
    accept: {
      offer_ids: offers.map(({ id }) => id),
      operations: [{ type: "LAUNCH", launch: { task_infos: tasks } }],
      filters: { refuse_seconds: 0 },
    },
  });
}

function count(scheduler: RawScheduler, type: SchedulerEvent["type"]): number {
  return scheduler.seen.filter(({ event }) => event.type === type).length;
}

/** After an answered call, everything it caused at once has been written to the stream before. */
async function settled(scheduler: RawScheduler): Promise<void> {
  const before = scheduler.seen.length;
  await scheduler.call("RECONCILE", { reconcile: { tasks: [{ task_id: { value: "probe" } }] } });
  await scheduler.event("the probe", isProbe, 5000, before);
}

function isProbe(event: SchedulerEvent): boolean {
  return event.type === "UPDATE" && event.update.status.task_id.value === "probe";
}

describe("HTTP", () => {
  test.each<[string, number, unknown, Record<string, string>, string]>([
    ["GET", 405, "", JSON_HEADERS, "GET"],
    ["no content type", 400, SUBSCRIBE, {}, "POST"],
    ["a charset", 415, SUBSCRIBE, { "Content-Type": "application/json; charset=utf-8" }, "POST"],
    ["another content type", 415, SUBSCRIBE, { "Content-Type": "text/plain" }, "POST"],
    [
      "SUBSCRIBE that accepts no JSON",
      406,
      SUBSCRIBE,
      { "Content-Type": "application/json", Accept: "text/html" },
      "POST",
    ],
    [
      "SUBSCRIBE with a stream id",
      400,
      SUBSCRIBE,
      { ...JSON_HEADERS, "Mesos-Stream-Id": "x" },
      "POST",
    ],
    ["bad JSON", 400, "{", JSON_HEADERS, "POST"],
    [
      "a call of an unknown framework",
      400,
      { type: "REVIVE", framework_id: { value: "x" } },
      JSON_HEADERS,
      "POST",
    ],
  ])("%s is answered %d", async (_name, status, body, headers, method) => {
    expect((await send(apiUrl(), body, headers, method)).status).toBe(status);
  });

  test("a call with no, a wrong and the right stream id", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const body = { type: "SUPPRESS", framework_id: { value: scheduler.frameworkId } };
    const statusWith = async (headers: Record<string, string>) =>
      (await send(apiUrl(), body, { ...JSON_HEADERS, ...headers })).status;
    expect(await statusWith({})).toBe(400);
    expect(await statusWith({ "Mesos-Stream-Id": "other" })).toBe(400);
    expect(await statusWith({ "Mesos-Stream-Id": scheduler.streamId })).toBe(202);
  });

  test("202 even for offers and tasks that never were", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const bogus = { value: "bogus" };
    const answers = await Promise.all([
      scheduler.call("DECLINE", { decline: { offer_ids: [bogus] } }),
      scheduler.call("KILL", { kill: { task_id: bogus } }),
    ]);
    expect(answers).toMatchObject([
      { status: 202, body: "" },
      { status: 202, body: "" },
    ]);
  });

  test("/version, /health and /state say what this is, and nothing of a task's command", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const offer = await scheduler.offer();
    await accept(scheduler, [offer], [task("t", offer, { command: { value: "secret-command" } })]);
    await scheduler.status("t", "TASK_RUNNING");
    const get = async (path: string) => (await send(`${mesos.url}${path}`, "", {}, "GET")).body;
    expect(JSON.parse(await get("/version"))).toMatchObject({
      version: "1.12.0-compatible local",
    });
    expect(await get("/health")).toBe("{}\n");
    const state = await get("/state");
    expect(JSON.parse(state)).toMatchObject({
      docker: { connected: true },
      slaves: [{ hostname: "host-a", active: true }],
      frameworks: [{ tasks: [{ id: "t", state: "TASK_RUNNING" }] }],
    });
    expect(state).not.toContain("secret-command");
  });
});

describe("a subscription", () => {
  test("begins with SUBSCRIBED and HEARTBEAT, and beats each 15 s", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    await scheduler.event("a heartbeat", (event) => event.type === "HEARTBEAT");
    expect(scheduler.seen[0]?.event).toMatchObject({
      type: "SUBSCRIBED",
      subscribed: {
        heartbeat_interval_seconds: 15,
        master_info: { ip: 16_777_343, version: "1.12.0-compatible local" },
      },
    });
    clock.advance(45 * SECOND);
    await until("three more", () => count(scheduler, "HEARTBEAT") === 4);
  });

  test("of a known id takes over: the old stream is told and ended, its calls refused", async () => {
    const old = await RawScheduler.subscribe(mesos.url);
    const successor = await RawScheduler.subscribe(mesos.url, { id: { value: old.frameworkId } });
    expect(successor.frameworkId).toBe(old.frameworkId);
    await until("the last chunk", () => old.ending === "chunk");
    expect(old.seen.at(-1)?.event).toEqual({
      type: "ERROR",
      error: { message: "Framework failed over" },
    });
    expect((await old.call("REVIVE")).status).toBe(400);
    expect((await successor.offer()).agent_id).toEqual((await old.offer()).agent_id);
  });

  test("of an id never seen is accepted", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url, { id: { value: "from-elsewhere" } });
    expect(scheduler.frameworkId).toBe("from-elsewhere");
  });

  test("of an id that was torn down is refused, also after a restart", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const id = { value: scheduler.frameworkId };
    expect((await scheduler.call("TEARDOWN")).status).toBe(202);
    await until("the last chunk", () => scheduler.ending === "chunk");
    await mesos.stop();
    await start();
    const again = await RawScheduler.subscribe(mesos.url, { id });
    expect(again.seen.map(({ event }) => event)).toEqual([
      { type: "ERROR", error: { message: "Framework has been removed" } },
    ]);
    await until("the last chunk", () => again.ending === "chunk");
  });

  test("that is not renewed in time costs the framework its tasks and its id", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url, { failover_timeout: 60 });
    const offer = await scheduler.offer();
    await accept(scheduler, [offer], [task("t", offer)]);
    await scheduler.status("t", "TASK_RUNNING");
    scheduler.hangUp();
    const documents = async () =>
      JSON.parse((await send(`${mesos.url}/state`, "", {}, "GET")).body) as {
        frameworks: { active: boolean }[];
      };
    await until(
      "the hang-up seen",
      async () => (await documents()).frameworks[0]?.active === false,
    );
    clock.advance(59 * SECOND);
    expect((await documents()).frameworks).toHaveLength(1);
    clock.advance(SECOND);
    expect((await documents()).frameworks).toHaveLength(0);
    await until("the container gone", () => docker.containers.size === 0);
  });
});

describe("offers", () => {
  test("have what an agent has, under the field names of Mesos", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const offer = await scheduler.offer();
    expect(offer).toMatchObject({
      hostname: "host-a",
      attributes: [{ name: "rack", type: "TEXT", text: { value: "r1" } }],
      resources: [
        { name: "ports", type: "RANGES", role: "*" },
        { name: "cpus", type: "SCALAR", scalar: { value: 4 }, role: "*" },
        { name: "mem", scalar: { value: 4096 } },
        { name: "disk", scalar: { value: 10_000 } },
      ],
    });
    expect(offer.allocation_info).toBeUndefined();
  });

  test("say the role they are allocated to when the framework may have several", async () => {
    const info = { roles: ["lab"], capabilities: [{ type: "MULTI_ROLE" }] };
    const scheduler = await RawScheduler.subscribe(mesos.url, info);
    const offer = await scheduler.offer();
    expect(offer.allocation_info).toEqual({ role: "lab" });
    expect(offer.resources[0]?.allocation_info).toEqual({ role: "lab" });
  });

  test("outstanding are never sent again", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    await scheduler.offer();
    clock.advance(10 * SECOND);
    await scheduler.call("REVIVE");
    await settled(scheduler);
    expect(count(scheduler, "OFFERS")).toBe(1);
  });

  test("declined come back after 5 s, or at once on REVIVE", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const decline = async (offer: Offer) =>
      scheduler.call("DECLINE", { decline: { offer_ids: [offer.id] } });
    await decline(await scheduler.offer());
    clock.advance(4 * SECOND);
    await settled(scheduler);
    expect(count(scheduler, "OFFERS")).toBe(1);
    clock.advance(2 * SECOND);
    await until("the second offer", () => count(scheduler, "OFFERS") === 2);
    await decline(await scheduler.offer(scheduler.seen.length - 2));
    await scheduler.call("REVIVE");
    await until("the third offer", () => count(scheduler, "OFFERS") === 3);
  });

  test("are not made while suppressed", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const offer = await scheduler.offer();
    await scheduler.call("SUPPRESS");
    const filters = { refuse_seconds: 0 };
    await scheduler.call("DECLINE", { decline: { offer_ids: [offer.id], filters } });
    clock.advance(10 * SECOND);
    await settled(scheduler);
    expect(count(scheduler, "OFFERS")).toBe(1);
    await scheduler.call("REVIVE");
    await until("an offer", () => count(scheduler, "OFFERS") === 2);
  });

  test("of what a task leaves, then of what its end frees, and both may be combined", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const first = await scheduler.offer();
    await accept(scheduler, [first], [task("a", first, { cpus: 1 })]);
    await scheduler.status("a", "TASK_RUNNING");
    clock.advance(SECOND);
    const rest = await offerOf(scheduler, 3);
    docker.end(await containerOf(scheduler, "a"), 0);
    await scheduler.status("a", "TASK_FINISHED");
    clock.advance(SECOND);
    const freed = await offerOf(scheduler, 1);
    await accept(scheduler, [rest, freed], [task("b", rest, { cpus: 4 })]);
    await scheduler.status("b", "TASK_RUNNING");
  });

  test("are rescinded when Docker is lost, and new when it is back", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const offer = await scheduler.offer();
    docker.fail("watchEnds", new EngineError("unreachable", "no engine"));
    docker.disconnect("gone");
    const rescind = await scheduler.event("the rescind", (event) => event.type === "RESCIND");
    expect(rescind.event).toEqual({ type: "RESCIND", rescind: { offer_id: offer.id } });
    docker.heal("watchEnds");
    clock.advance(10 * SECOND);
    await until("a new offer", () => count(scheduler, "OFFERS") === 2);
  });
});

async function containerOf(scheduler: RawScheduler, taskId: string): Promise<string> {
  const status = await scheduler.status(taskId, "TASK_RUNNING");
  return `mesos-${status.container_status?.container_id?.value}`;
}

function offerOf(scheduler: RawScheduler, cpus: number): Promise<Offer> {
  const fits = (offer: Offer) => offer.resources.some((r) => r.scalar?.value === cpus);
  return until(`an offer of ${cpus} cpus`, () =>
    scheduler.seen
      .flatMap(({ event }) => (event.type === "OFFERS" ? event.offers.offers : []))
      .find(fits),
  );
}

describe("a task", () => {
  test("is RUNNING only when its STARTING is acknowledged", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    scheduler.acknowledges = false;
    const offer = await scheduler.offer();
    await accept(scheduler, [offer], [task("t", offer)]);
    const starting = await scheduler.status("t", "TASK_STARTING");
    await until(
      "the container runs",
      () => [...docker.containers.values()][0]?.status === "running",
    );
    await settled(scheduler);
    expect(scheduler.statusesOf("t").map(({ state }) => state)).toEqual(["TASK_STARTING"]);
    clock.advance(10 * SECOND);
    await until("the same again", () => scheduler.statusesOf("t").length === 2);
    expect(scheduler.statusesOf("t")[1]?.uuid).toBe(starting.uuid);
    await scheduler.acknowledge(starting);
    await scheduler.status("t", "TASK_RUNNING");
  });

  test("on a stale offer is DROPPED or LOST, without a uuid", async () => {
    for (const [info, state] of [
      [AWARE, "TASK_DROPPED"],
      [{}, "TASK_LOST"],
    ] as const) {
      const scheduler = await RawScheduler.subscribe(mesos.url, info);
      const offer = { ...(await scheduler.offer()), id: { value: "stale" } };
      await accept(scheduler, [offer], [task("t", offer)]);
      const status = await scheduler.status("t", state);
      expect(status).toMatchObject({
        source: "SOURCE_MASTER",
        reason: "REASON_INVALID_OFFERS",
        message: "Task launched with invalid offers: Offer stale is no longer valid",
      });
      expect(status.uuid).toBeUndefined();
      await scheduler.call("TEARDOWN");
    }
  });

  test("with the id of one that runs is an ERROR, and the one goes on", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    const first = await scheduler.offer();
    await accept(scheduler, [first], [task("t", first, { cpus: 1 })]);
    await scheduler.status("t", "TASK_RUNNING");
    clock.advance(SECOND);
    const rest = await offerOf(scheduler, 3);
    await accept(scheduler, [rest], [task("t", rest)]);
    const error = await scheduler.status("t", "TASK_ERROR");
    expect(error).toMatchObject({ reason: "REASON_TASK_INVALID", source: "SOURCE_MASTER" });
    expect(docker.containers.size).toBe(1);
    const tasks = [{ task_id: { value: "t" } }];
    await scheduler.call("RECONCILE", { reconcile: { tasks } });
    await until("it still runs", () => scheduler.statusesOf("t").at(-1)?.state === "TASK_RUNNING");
  });

  test("that is killed says KILLING to those who know it, then KILLED", async () => {
    const capabilities = [{ type: "TASK_KILLING_STATE" }];
    const scheduler = await RawScheduler.subscribe(mesos.url, { capabilities });
    const offer = await scheduler.offer();
    await accept(scheduler, [offer], [task("t", offer, { killGraceSeconds: 9 })]);
    const name = await containerOf(scheduler, "t");
    await scheduler.call("KILL", { kill: { task_id: { value: "t" } } });
    await scheduler.status("t", "TASK_KILLED");
    const states = scheduler.statusesOf("t").map(({ state }) => state);
    expect(states.slice(-2)).toEqual(["TASK_KILLING", "TASK_KILLED"]);
    expect(docker.calls).toContain(`stop ${name} 9`);
  });

  test("that is killed and unknown is answered as if it had been asked for", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url, AWARE);
    const { agent_id } = await scheduler.offer();
    await scheduler.call("KILL", { kill: { task_id: { value: "never" }, agent_id } });
    const status = await scheduler.status("never", "TASK_GONE");
    expect(status.message).toBe("Reconciliation: Task is unknown to the agent");
  });

  test("is forgotten once its end is acknowledged, and its id may be used again", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url, AWARE);
    const offer = await scheduler.offer();
    await accept(scheduler, [offer], [task("t", offer)]);
    docker.end(await containerOf(scheduler, "t"), 0);
    await scheduler.status("t", "TASK_FINISHED");
    const { agent_id } = offer;
    await until("it is forgotten", async () => {
      await scheduler.call("RECONCILE", {
        reconcile: { tasks: [{ task_id: { value: "t" }, agent_id }] },
      });
      return scheduler.statusesOf("t").at(-1)?.state === "TASK_GONE";
    });
  });
});

describe("when Docker is lost", () => {
  test("for 75 s, tasks are UNREACHABLE and the agent failed; both are back with it", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url, AWARE);
    const offer = await scheduler.offer();
    await accept(scheduler, [offer], [task("t", offer)]);
    await scheduler.status("t", "TASK_RUNNING");
    docker.fail("watchEnds", new EngineError("unreachable", "no engine"));
    docker.disconnect("gone");
    for (let second = 0; second < 75; second += 1) clock.advance(SECOND);
    const lost = await scheduler.status("t", "TASK_UNREACHABLE");
    expect(lost).toMatchObject({ reason: "REASON_AGENT_REMOVED", source: "SOURCE_MASTER" });
    expect(lost.unreachable_time?.nanoseconds).toBeGreaterThan(0);
    await scheduler.event("the failure", (event) => event.type === "FAILURE");
    docker.heal("watchEnds");
    await until("it is back", () => {
      clock.advance(SECOND);
      return scheduler.statusesOf("t").at(-1)?.reason === "REASON_AGENT_REREGISTERED";
    });
    expect(scheduler.statusesOf("t").at(-1)?.state).toBe("TASK_RUNNING");
  });

  test("from the start, it serves without offers and makes them when Docker comes", async () => {
    await mesos.stop();
    docker.fail("watchEnds", new EngineError("unreachable", "connect ENOENT"));
    await start();
    const scheduler = await RawScheduler.subscribe(mesos.url);
    await settled(scheduler);
    expect(count(scheduler, "OFFERS")).toBe(0);
    const state = await send(`${mesos.url}/state`, "", {}, "GET");
    expect(JSON.parse(state.body)).toMatchObject({
      docker: { connected: false, problem: "connect ENOENT" },
      slaves: [{ active: false }],
    });
    docker.heal("watchEnds");
    await until("an offer", () => {
      clock.advance(SECOND);
      return count(scheduler, "OFFERS") === 1;
    });
  });
});

describe("a restart", () => {
  test("keeps the framework, its tasks and the updates it has not acknowledged", async () => {
    const before = await RawScheduler.subscribe(mesos.url, AWARE);
    const offer = await before.offer();
    await accept(before, [offer], [task("kept", offer), task("ended", offer)]);
    await before.status("kept", "TASK_RUNNING");
    before.acknowledges = false;
    docker.end(await containerOf(before, "ended"), 3);
    const end = await before.status("ended", "TASK_FAILED");
    await mesos.stop();
    await start();
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
    expect(docker.calls.filter((call) => call.startsWith("create"))).toHaveLength(2);
  });

  test("with other agents drops the tasks of those that are gone, and their containers", async () => {
    const before = await RawScheduler.subscribe(mesos.url);
    const offer = await before.offer();
    await accept(before, [offer], [task("t", offer)]);
    await before.status("t", "TASK_RUNNING");
    await mesos.stop();
    await start([
      { ...AGENT, hostname: "host-b" },
      { ...AGENT, hostname: "host-c" },
    ]);
    await until("the container gone", () => docker.containers.size === 0);
  });
});

describe("a start is refused", () => {
  test("on a state directory in use", async () => {
    await expect(start()).rejects.toMatchObject({ code: "ERR_STATE_LOCKED" });
  });

  test("on an address in use, and nothing is left locked", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "mesos-local-other-"));
    const port = Number(new URL(mesos.url).port);
    const options = { host: "127.0.0.1", port, stateDir: elsewhere, clock, log: silentLog };
    const attempt = () => startMesosLocalOn(() => docker, options);
    const refusal = {
      code: "ERR_ADDRESS_IN_USE",
      message: expect.stringContaining(`127.0.0.1:${port}`) as string,
    };
    await expect(attempt()).rejects.toMatchObject(refusal);
    await expect(attempt()).rejects.toMatchObject(refusal);
    await rm(elsewhere, { recursive: true });
  });

  test.each([
    [{ port: -1 }, /^port:/],
    [{ host: "somewhere" }, /^host:/],
    [{ agents: [] }, /^agents:/],
    [{ agents: [{ ...AGENT, cpus: Number.NaN }] }, /cpus of host-a/],
  ])("with %o", async (wrong, message) => {
    const options = { host: "127.0.0.1", port: 0, stateDir, clock, log: silentLog, ...wrong };
    await expect(startMesosLocalOn(() => docker, options)).rejects.toThrow(message);
  });
});
