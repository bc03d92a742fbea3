import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EngineError } from "../../../../controller/mesos-local/agent/docker-engine.ts";
import {
  accept,
  AWARE,
  containerOf,
  count,
  InMemoryMesos,
  offerOf,
  SECOND,
  settled,
  task,
} from "../../../support/mesos-local/in-memory-mesos.ts";
import { RawScheduler, send } from "../../../support/mesos-local/raw-scheduler.ts";
import { until } from "../../../support/poll.ts";

let mesos: InMemoryMesos;

beforeEach(async () => {
  mesos = await InMemoryMesos.start();
});

afterEach(() => mesos.remove());

describe("a task", () => {
  test("is RUNNING only when its STARTING is acknowledged", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url);
    scheduler.acknowledges = false;
    const offer = await scheduler.offer();
    await accept(scheduler, [offer], [task("t", offer)]);
    const starting = await scheduler.status("t", "TASK_STARTING");
    await until(
      "the container runs",
      () => [...mesos.docker.containers.values()][0]?.status === "running",
    );
    await settled(scheduler);
    expect(scheduler.statusesOf("t").map(({ state }) => state)).toEqual(["TASK_STARTING"]);
    mesos.clock.advance(10 * SECOND);
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
    mesos.clock.advance(SECOND);
    const rest = await offerOf(scheduler, 3);
    await accept(scheduler, [rest], [task("t", rest)]);
    const error = await scheduler.status("t", "TASK_ERROR");
    expect(error).toMatchObject({ reason: "REASON_TASK_INVALID", source: "SOURCE_MASTER" });
    expect(mesos.docker.containers.size).toBe(1);
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
    expect(mesos.docker.calls).toContain(`stop ${name} 9`);
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
    mesos.docker.end(await containerOf(scheduler, "t"), 0);
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
    mesos.docker.fail("watchEnds", new EngineError("unreachable", "no engine"));
    mesos.docker.disconnect("gone");
    for (let second = 0; second < 75; second += 1) mesos.clock.advance(SECOND);
    const lost = await scheduler.status("t", "TASK_UNREACHABLE");
    expect(lost).toMatchObject({ reason: "REASON_AGENT_REMOVED", source: "SOURCE_MASTER" });
    expect(lost.unreachable_time?.nanoseconds).toBeGreaterThan(0);
    await scheduler.event("the failure", (event) => event.type === "FAILURE");
    mesos.docker.heal("watchEnds");
    await until("it is back", () => {
      mesos.clock.advance(SECOND);
      return scheduler.statusesOf("t").at(-1)?.reason === "REASON_AGENT_REREGISTERED";
    });
    expect(scheduler.statusesOf("t").at(-1)?.state).toBe("TASK_RUNNING");
  });

  test("from the start, it serves without offers and makes them when Docker comes", async () => {
    await mesos.stopServer();
    mesos.docker.fail("watchEnds", new EngineError("unreachable", "connect ENOENT"));
    await mesos.startServer();
    const scheduler = await RawScheduler.subscribe(mesos.url);
    await settled(scheduler);
    expect(count(scheduler, "OFFERS")).toBe(0);
    const state = await send(`${mesos.url}/state`, "", {}, "GET");
    expect(JSON.parse(state.body)).toMatchObject({
      docker: { connected: false, problem: "connect ENOENT" },
      slaves: [{ active: false }],
    });
    mesos.docker.heal("watchEnds");
    await until("an offer", () => {
      mesos.clock.advance(SECOND);
      return count(scheduler, "OFFERS") === 1;
    });
  });
});
