import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  accept,
  count,
  InMemoryMesos,
  SECOND,
  task,
} from "../../../support/mesos-local/in-memory-mesos.ts";
import { RawScheduler, send } from "../../../support/mesos-local/raw-scheduler.ts";
import { until } from "../../../support/poll.ts";

let mesos: InMemoryMesos;

beforeEach(async () => {
  mesos = await InMemoryMesos.start();
});

afterEach(() => mesos.remove());

describe("a subscription", () => {
  test("begins with SUBSCRIBED and HEARTBEAT, and beats each 15 s", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    await scheduler.event("a heartbeat", (event) => event.type === "HEARTBEAT");
    expect(scheduler.seen[0]?.event).toMatchObject({
      type: "SUBSCRIBED",
      subscribed: {
        heartbeat_interval_seconds: 15,
        master_info: { ip: 16_777_343, version: "1.12.0" },
      },
    });
    mesos.clock.advance(45 * SECOND);
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
    await mesos.stopServer();
    await mesos.startServer();
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
    mesos.clock.advance(59 * SECOND);
    expect((await documents()).frameworks).toHaveLength(1);
    mesos.clock.advance(SECOND);
    expect((await documents()).frameworks).toHaveLength(0);
    await until("the container gone", () => mesos.docker.containers.size === 0);
  });
});
