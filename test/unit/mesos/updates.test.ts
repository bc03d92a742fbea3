/** Status updates over the wire: stored, then acknowledged, as often as they come. */
import { describe, expect, it } from "vitest";
import type { TaskStatus } from "../../../controller/mesos/wire.ts";
import { capturedStatus } from "../../support/mesos/captures.ts";
import { lifeOfATask, scene, update } from "../../support/mesos/scene.ts";
import { until } from "../../support/poll.ts";

const { id: ID, starting, running, failed } = lifeOfATask();

describe("updates", () => {
  it("are acknowledged after they were stored, and not before", async () => {
    const { m, test, stream } = await scene([ID]);
    let release = () => {};
    test.beforeSave = () => new Promise((resolve) => (release = resolve));
    stream.send(update(starting));
    await until("seen", () => test.task(ID)?.state === "TASK_STARTING");
    expect(m.of("ACKNOWLEDGE")).toHaveLength(0);
    release();
    const { acknowledge } = await m.received("ACKNOWLEDGE");
    expect(acknowledge).toEqual({
      agent_id: starting.agent_id,
      task_id: starting.task_id,
      uuid: starting.uuid,
    });
    expect(test.savedTasks.map((task) => task.state)).toEqual(["TASK_STARTING"]);
  });

  it("that could not be stored are not acknowledged; the copy is, and is applied once", async () => {
    const { m, test, stream } = await scene([ID]);
    test.beforeSave = () => Promise.reject(new Error("disk full"));
    stream.send(update(starting));
    await until("seen", () => test.task(ID)?.state === "TASK_STARTING");
    const { changes } = test;
    test.beforeSave = async () => undefined;
    stream.send(update(starting));
    await m.received("ACKNOWLEDGE");
    expect(test.changes).toBe(changes);
    expect(test.savedTasks).toHaveLength(1);
  });

  it("are acknowledged as often as they come, and applied in order and once", async () => {
    const { m, test, stream } = await scene([ID]);
    stream.send(...[starting, starting, starting, running, running, failed].map(update));
    await m.received("ACKNOWLEDGE", 6);
    expect(test.task(ID)).toMatchObject({ state: "TASK_FAILED", ip: "192.168.250.10" });
    const states = test.savedTasks.map((task) => task.state);
    expect(states.filter((state, i) => state !== states[i - 1])).toEqual([
      "TASK_STARTING",
      "TASK_RUNNING",
      "TASK_FAILED",
    ]);
  });

  it("without a uuid are stored and never acknowledged", async () => {
    const { m, test, stream } = await scene(["p1"]);
    stream.send(update(capturedStatus("agent-back-PA")));
    await until("stored", () => test.savedTasks.length === 1);
    stream.send(update(starting));
    await m.received("ACKNOWLEDGE");
    expect(m.of("ACKNOWLEDGE").map((call) => call.acknowledge.task_id.value)).toEqual([ID]);
  });

  it("of tasks that ended long ago and are forgotten are acknowledged, and nothing more", async () => {
    const { m, test, stream } = await scene();
    stream.send(update(failed));
    await m.received("ACKNOWLEDGE");
    expect(test.task(ID)).toBeUndefined();
    expect(test.savedTasks).toEqual([]);
  });

  it("of tasks that nobody remembers are visible while they run", async () => {
    const { test, stream } = await scene();
    stream.send(update(running));
    await until("visible", () => test.task(ID)?.state === "TASK_RUNNING");
    stream.send(update(failed));
    await until("ended", () => test.task(ID)?.state === "TASK_FAILED");
    await test.tasks.prune("any/cluster");
    expect(test.task(ID)).toBeUndefined();
  });

  it("that cannot be read do no harm to those behind them", async () => {
    const { test, stream } = await scene();
    const odd = { ...running, state: "TASK_DANCING" } as unknown as TaskStatus;
    stream.send(update(odd), update(running));
    await until("visible", () => test.task(ID)?.state === "TASK_RUNNING");
  });
});
