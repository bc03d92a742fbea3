import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dockerName, type TaskRecord } from "../../../../controller/mesos-local/master/model.ts";
import { DURABLE, ExecutorBench } from "../../../support/mesos-local/executor-bench.ts";
import { taskRecord } from "../../../support/mesos-local/fixtures.ts";
import { until } from "../../../support/poll.ts";

let bench: ExecutorBench;

beforeEach(async () => {
  bench = await ExecutorBench.create();
});

afterEach(() => bench.remove());

describe("a look at what is really there", () => {
  /** The container as an earlier process left it. */
  async function leftBehind(task: TaskRecord): Promise<void> {
    const name = dockerName(task.containerId);
    await bench.docker.create(name, { Image: "image", Env: [], Labels: {}, HostConfig: {} });
    await bench.docker.start(name);
  }

  test("keeps what runs, without a word to a framework that knows", async () => {
    const task: TaskRecord = { ...taskRecord("t"), state: "TASK_RUNNING" };
    await leftBehind(task);
    await bench.executor.synchronize([task]);
    expect(bench.states).toEqual([]);
    bench.docker.end(dockerName(task.containerId), 137);
    expect(bench.states).toEqual(["TASK_FAILED"]);
  });

  test("keeps what runs under another name, and hears of its end", async () => {
    const task: TaskRecord = { ...taskRecord("t"), state: "TASK_RUNNING" };
    await leftBehind(task);
    bench.docker.rename(dockerName(task.containerId), "mine");
    await bench.executor.synchronize([task]);
    expect(bench.states).toEqual([]);
    expect(bench.docker.containers.size).toBe(1);
    bench.docker.end("mine", 137);
    await bench.executor.idle();
    expect(bench.states).toEqual(["TASK_FAILED"]);
    expect(bench.docker.containers.size).toBe(0);
  });

  test("tells RUNNING of a container whose start was the last that happened", async () => {
    const task: TaskRecord = { ...taskRecord("t"), state: "TASK_STARTING" };
    await leftBehind(task);
    await bench.executor.synchronize([task]);
    expect(bench.states).toEqual(["TASK_RUNNING"]);
  });

  test("tells the end of what ended meanwhile, with its code", async () => {
    const task: TaskRecord = { ...taskRecord("t"), state: "TASK_RUNNING" };
    await leftBehind(task);
    bench.docker.disconnect("gone");
    bench.docker.end(dockerName(task.containerId), 3);
    await bench.executor.synchronize([task]);
    expect(bench.last?.message).toBe("Container exited with status 3");
  });

  test("tells FAILED of a container that is gone", async () => {
    const task: TaskRecord = { ...taskRecord("t"), state: "TASK_RUNNING" };
    await bench.executor.synchronize([task]);
    expect(bench.last?.state).toBe("TASK_FAILED");
  });

  test("gives up a launch that a crash cut off, and removes its container", async () => {
    const task = taskRecord("t");
    const name = dockerName(task.containerId);
    await bench.docker.create(name, { Image: "image", Env: [], Labels: {}, HostConfig: {} });
    await bench.executor.synchronize([task]);
    await bench.executor.idle();
    expect(bench.last).toMatchObject({ state: "TASK_FAILED", source: "SOURCE_AGENT" });
    expect(bench.docker.containers.size).toBe(0);
  });

  test("goes on with a kill", async () => {
    const task: TaskRecord = { ...taskRecord("t"), state: "TASK_RUNNING", killGraceSeconds: 2 };
    await leftBehind(task);
    await bench.executor.synchronize([task]);
    await bench.executor.idle();
    expect(bench.last?.state).toBe("TASK_KILLED");
  });

  test("removes a container that belongs to no task", async () => {
    await leftBehind(taskRecord("forgotten"));
    await bench.executor.synchronize([]);
    await bench.executor.idle();
    expect(bench.docker.containers.size).toBe(0);
  });

  test("leaves a launch alone that is under way", async () => {
    const release = bench.docker.hold("start");
    const task = taskRecord("t");
    bench.executor.launch(task, DURABLE);
    await until("the start", () => bench.docker.calls.includes("start mesos-container-of-t"));
    await bench.executor.synchronize([task]);
    release();
    await bench.executor.idle();
    expect(bench.states).toEqual(["TASK_STARTING", "TASK_RUNNING"]);
  });
});
