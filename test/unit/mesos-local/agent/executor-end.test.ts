import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TaskRecord } from "../../../../controller/mesos-local/master/model.ts";
import { DURABLE, ExecutorBench } from "../../../support/mesos-local/executor-bench.ts";
import { taskRecord } from "../../../support/mesos-local/fixtures.ts";
import { until } from "../../../support/poll.ts";

let bench: ExecutorBench;

beforeEach(async () => {
  bench = await ExecutorBench.create();
});

afterEach(() => bench.remove());

describe("a kill", () => {
  async function kill(task: TaskRecord, graceSeconds: number): Promise<void> {
    task.killGraceSeconds = graceSeconds;
    bench.executor.kill(task);
    await bench.executor.idle();
  }

  test("stops the container with the grace; the task was killed whatever the code", async () => {
    await kill(await bench.launched(), 7);
    expect(bench.docker.calls).toContain("stop mesos-container-of-t 7");
    expect(bench.last).toMatchObject({
      state: "TASK_KILLED",
      message: "Container exited with status 143",
    });
  });

  test("finds a container that bears another name by now", async () => {
    const task = await bench.launched();
    bench.docker.rename("mesos-container-of-t", "mine");
    await kill(task, 7);
    expect(bench.last?.state).toBe("TASK_KILLED");
    expect(bench.docker.containers.size).toBe(0);
  });

  test("leaves alone another's container that bears its name by now", async () => {
    const task = await bench.launched();
    bench.docker.rename("mesos-container-of-t", "mine");
    const other = await bench.docker.create("other", {
      ...{ Image: "image", Env: [], Labels: {}, HostConfig: {} },
    });
    bench.docker.rename(other, "mesos-container-of-t");
    await kill(task, 7);
    expect([...bench.docker.containers.keys()]).toEqual([other]);
  });

  test("of what is not there any more is an end", async () => {
    const task = await bench.launched();
    bench.docker.vanish("mesos-container-of-t");
    await kill(task, 7);
    expect(bench.last).toMatchObject({
      state: "TASK_KILLED",
      message: expect.stringContaining("Container is gone") as string,
    });
  });

  test("during the creation leaves no container", async () => {
    const release = bench.docker.hold("create");
    const task = taskRecord("t");
    bench.executor.launch(task, DURABLE);
    await until("the creation", () => bench.docker.calls.includes("create mesos-container-of-t"));
    task.killGraceSeconds = 5;
    bench.executor.kill(task);
    release();
    await bench.executor.idle();
    expect(bench.last?.state).toBe("TASK_KILLED");
    expect(bench.docker.calls).not.toContain("start mesos-container-of-t");
    expect(bench.docker.containers.size).toBe(0);
  });

  test("during the start stops what was started", async () => {
    const release = bench.docker.hold("start");
    const task = taskRecord("t");
    bench.executor.launch(task, DURABLE);
    await until("the start", () => bench.docker.calls.includes("start mesos-container-of-t"));
    task.killGraceSeconds = 5;
    bench.executor.kill(task);
    release();
    await bench.executor.idle();
    expect(bench.last?.state).toBe("TASK_KILLED");
    expect(bench.docker.containers.size).toBe(0);
  });
});

describe("a discard", () => {
  test("ends and removes the container without a word", async () => {
    const task = await bench.launched();
    const before = bench.reported.length;
    await bench.executor.discard(task, 5);
    expect(bench.docker.containers.size).toBe(0);
    expect(bench.reported).toHaveLength(before);
  });

  test("during the launch removes what came of it", async () => {
    const release = bench.docker.hold("start");
    const task = taskRecord("t");
    bench.executor.launch(task, DURABLE);
    await until("the start", () => bench.docker.calls.includes("start mesos-container-of-t"));
    const discarded = bench.executor.discard(task, 5);
    release();
    await discarded;
    expect(bench.docker.containers.size).toBe(0);
    expect(bench.states).toEqual(["TASK_STARTING"]);
  });
});
