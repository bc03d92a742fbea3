import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TaskStatus } from "../../../controller/mesos/wire.ts";
import { EngineError } from "../../../controller/mesos-local/docker-engine.ts";
import { DockerExecutor } from "../../../controller/mesos-local/docker-executor.ts";
import { dockerName, type TaskRecord } from "../../../controller/mesos-local/model.ts";
import { Sandboxes } from "../../../controller/mesos-local/sandboxes.ts";
import { TaskReports } from "../../../controller/mesos-local/task-reports.ts";
import { FakeDockerEngine } from "../../support/mesos-local/fake-docker-engine.ts";
import { type TaskWishes, taskRecord } from "../../support/mesos-local/fixtures.ts";
import { SteppedClock } from "../../support/mesos-local/stepped-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const DURABLE = Promise.resolve();

let directory: string;
let docker: FakeDockerEngine;
let executor: DockerExecutor;
let reported: TaskStatus[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mesos-local-executor-"));
  docker = new FakeDockerEngine();
  reported = [];
  const reports = new TaskReports(new SteppedClock(), (_task, status) => reported.push(status));
  const saved = () => Promise.resolve();
  const sandboxes = new Sandboxes(directory);
  executor = new DockerExecutor("instance", docker, sandboxes, reports, saved, silentLog);
  await docker.watchEnds(
    ({ name, exitCode }) => executor.ended(name, exitCode),
    () => undefined,
  );
});

afterEach(async () => {
  await executor.idle();
  await rm(directory, { recursive: true });
});

function states(): string[] {
  return reported.map(({ state }) => state);
}

function last(): TaskStatus | undefined {
  return reported.at(-1);
}

async function launched(wishes: TaskWishes = {}, id = "t"): Promise<TaskRecord> {
  const task = taskRecord(id, wishes);
  executor.launch(task, DURABLE);
  await executor.idle();
  return task;
}

const FIXED = { docker: { parameters: [{ key: "ip", value: "10.0.0.7" }] } };

describe("a launch", () => {
  test("reports STARTING, then RUNNING with the container's own address", async () => {
    await launched(FIXED);
    expect(states()).toEqual(["TASK_STARTING", "TASK_RUNNING"]);
    const [starting, running] = reported;
    const addressOf = (status?: TaskStatus) =>
      status?.container_status?.network_infos?.[0]?.ip_addresses?.[0]?.ip_address;
    expect(addressOf(starting)).toBe("127.0.0.1");
    expect(addressOf(running)).toBe("10.0.0.7");
    const inspected: unknown = JSON.parse(Buffer.from(running?.data ?? "", "base64").toString());
    expect(inspected).toMatchObject([{ Name: "/mesos-container-of-t" }]);
  });

  test("makes no container before it is durable", async () => {
    let durable: () => void = () => undefined;
    executor.launch(
      taskRecord("t"),
      new Promise((resolve) => {
        durable = resolve;
      }),
    );
    expect(docker.calls).not.toContain("create mesos-container-of-t");
    durable();
    await executor.idle();
    expect(docker.calls).toContain("create mesos-container-of-t");
  });

  test("that cannot be made durable fails, and makes no container", async () => {
    executor.launch(taskRecord("t"), Promise.reject(new Error("disk full")));
    await executor.idle();
    expect(last()).toMatchObject({
      state: "TASK_FAILED",
      source: "SOURCE_AGENT",
      message: "Failed to launch container: disk full",
    });
    expect(docker.containers.size).toBe(0);
  });

  test("of an image that is not here pulls it", async () => {
    await launched({ image: "elsewhere" });
    expect(docker.calls).toContain("pull elsewhere");
    expect(last()?.state).toBe("TASK_RUNNING");
  });

  test("of an image that is nowhere fails as the agent's, without STARTING", async () => {
    docker.fail("pull", new EngineError("refused", "no such host"));
    await launched({ image: "nowhere" });
    expect(states()).toEqual(["TASK_FAILED"]);
    expect(last()).toMatchObject({
      source: "SOURCE_AGENT",
      reason: "REASON_CONTAINER_LAUNCH_FAILED",
      message: "Failed to launch container: Failed to pull image 'nowhere': no such host",
    });
  });

  test("with force_pull_image pulls an image that is here", async () => {
    await launched({ docker: { force_pull_image: true } });
    expect(docker.calls.indexOf("pull image")).toBeGreaterThanOrEqual(0);
  });

  test.each([
    ["Address already in use", 125],
    ["invalid mount config: no such file or directory", 127],
    ["exec: permission denied", 126],
  ])(
    "that Docker refuses (%s) exits with %d, Docker's reason and no container",
    async (reason, code) => {
      docker.fail("start", new EngineError("refused", reason));
      await launched();
      expect(states()).toEqual(["TASK_STARTING", "TASK_FAILED"]);
      expect(last()).toMatchObject({
        source: "SOURCE_EXECUTOR",
        message: `Container exited with status ${code}: docker: ${reason}`,
      });
      expect(docker.containers.size).toBe(0);
    },
  );

  test("waits with the start until the last container has given the address back", async () => {
    await launched(FIXED, "old");
    const release = docker.hold("inspect");
    docker.end("mesos-container-of-old", 137);
    executor.launch(taskRecord("new", FIXED), DURABLE);
    const created = "create mesos-container-of-new";
    await until("the container made", () => docker.calls.includes(created));
    expect(docker.calls).not.toContain("start mesos-container-of-new");
    release();
    await executor.idle();
    expect(docker.calls).toContain("start mesos-container-of-new");
  });
});

describe("an end", () => {
  test.each([
    [0, "TASK_FINISHED"],
    [3, "TASK_FAILED"],
    [137, "TASK_FAILED"],
  ])("with %d is %s", async (exitCode, state) => {
    await launched();
    docker.end("mesos-container-of-t", exitCode);
    expect(last()).toMatchObject({
      state,
      message: `Container exited with status ${exitCode}`,
      source: "SOURCE_EXECUTOR",
    });
    expect(last()?.reason).toBeUndefined();
  });

  test("removes the container and keeps its output in the sandbox", async () => {
    await launched();
    docker.end("mesos-container-of-t", 1);
    await executor.idle();
    expect(docker.containers.size).toBe(0);
    const sandbox = join(directory, "sandboxes", "container-of-t");
    expect(await readFile(join(sandbox, "stdout"), "utf8")).toBe("out");
  });

  test("that comes while the start is being answered follows RUNNING", async () => {
    const release = docker.hold("inspect");
    executor.launch(taskRecord("t"), DURABLE);
    await until("the inspection", () => docker.calls.includes("inspect mesos-container-of-t"));
    docker.end("mesos-container-of-t", 0);
    release();
    await executor.idle();
    expect(states()).toEqual(["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"]);
  });
});

describe("a kill", () => {
  async function kill(task: TaskRecord, graceSeconds: number): Promise<void> {
    task.killGraceSeconds = graceSeconds;
    executor.kill(task);
    await executor.idle();
  }

  test("stops the container with the grace; the task was killed whatever the code", async () => {
    await kill(await launched(), 7);
    expect(docker.calls).toContain("stop mesos-container-of-t 7");
    expect(last()).toMatchObject({
      state: "TASK_KILLED",
      message: "Container exited with status 143",
    });
  });

  test("during the creation leaves no container", async () => {
    const release = docker.hold("create");
    const task = taskRecord("t");
    executor.launch(task, DURABLE);
    await until("the creation", () => docker.calls.includes("create mesos-container-of-t"));
    task.killGraceSeconds = 5;
    executor.kill(task);
    release();
    await executor.idle();
    expect(last()?.state).toBe("TASK_KILLED");
    expect(docker.calls).not.toContain("start mesos-container-of-t");
    expect(docker.containers.size).toBe(0);
  });

  test("during the start stops what was started", async () => {
    const release = docker.hold("start");
    const task = taskRecord("t");
    executor.launch(task, DURABLE);
    await until("the start", () => docker.calls.includes("start mesos-container-of-t"));
    task.killGraceSeconds = 5;
    executor.kill(task);
    release();
    await executor.idle();
    expect(last()?.state).toBe("TASK_KILLED");
    expect(docker.containers.size).toBe(0);
  });
});

describe("a discard", () => {
  test("ends and removes the container without a word", async () => {
    const task = await launched();
    const before = reported.length;
    await executor.discard(task, 5);
    expect(docker.containers.size).toBe(0);
    expect(reported).toHaveLength(before);
  });

  test("during the launch removes what came of it", async () => {
    const release = docker.hold("start");
    const task = taskRecord("t");
    executor.launch(task, DURABLE);
    await until("the start", () => docker.calls.includes("start mesos-container-of-t"));
    const discarded = executor.discard(task, 5);
    release();
    await discarded;
    expect(docker.containers.size).toBe(0);
    expect(states()).toEqual(["TASK_STARTING"]);
  });
});

describe("a look at what is really there", () => {
  /** The container as an earlier process left it. */
  async function leftBehind(task: TaskRecord): Promise<void> {
    const name = dockerName(task.containerId);
    await docker.create(name, { Image: "image", Env: [], Labels: {}, HostConfig: {} });
    await docker.start(name);
  }

  test("keeps what runs, without a word to a framework that knows", async () => {
    const task: TaskRecord = { ...taskRecord("t"), state: "TASK_RUNNING" };
    await leftBehind(task);
    await executor.synchronize([task]);
    expect(states()).toEqual([]);
    docker.end(dockerName(task.containerId), 137);
    expect(states()).toEqual(["TASK_FAILED"]);
  });

  test("tells RUNNING of a container whose start was the last that happened", async () => {
    const task: TaskRecord = { ...taskRecord("t"), state: "TASK_STARTING" };
    await leftBehind(task);
    await executor.synchronize([task]);
    expect(states()).toEqual(["TASK_RUNNING"]);
  });

  test("tells the end of what ended meanwhile, with its code", async () => {
    const task: TaskRecord = { ...taskRecord("t"), state: "TASK_RUNNING" };
    await leftBehind(task);
    docker.disconnect("gone");
    docker.end(dockerName(task.containerId), 3);
    await executor.synchronize([task]);
    expect(last()?.message).toBe("Container exited with status 3");
  });

  test("tells FAILED of a container that is gone", async () => {
    const task: TaskRecord = { ...taskRecord("t"), state: "TASK_RUNNING" };
    await executor.synchronize([task]);
    expect(last()?.state).toBe("TASK_FAILED");
  });

  test("gives up a launch that a crash cut off, and removes its container", async () => {
    const task = taskRecord("t");
    const name = dockerName(task.containerId);
    await docker.create(name, { Image: "image", Env: [], Labels: {}, HostConfig: {} });
    await executor.synchronize([task]);
    await executor.idle();
    expect(last()).toMatchObject({ state: "TASK_FAILED", source: "SOURCE_AGENT" });
    expect(docker.containers.size).toBe(0);
  });

  test("goes on with a kill", async () => {
    const task: TaskRecord = { ...taskRecord("t"), state: "TASK_RUNNING", killGraceSeconds: 2 };
    await leftBehind(task);
    await executor.synchronize([task]);
    await executor.idle();
    expect(last()?.state).toBe("TASK_KILLED");
  });

  test("removes a container that belongs to no task", async () => {
    await leftBehind(taskRecord("forgotten"));
    await executor.synchronize([]);
    await executor.idle();
    expect(docker.containers.size).toBe(0);
  });

  test("leaves a launch alone that is under way", async () => {
    const release = docker.hold("start");
    const task = taskRecord("t");
    executor.launch(task, DURABLE);
    await until("the start", () => docker.calls.includes("start mesos-container-of-t"));
    await executor.synchronize([task]);
    release();
    await executor.idle();
    expect(states()).toEqual(["TASK_STARTING", "TASK_RUNNING"]);
  });
});
