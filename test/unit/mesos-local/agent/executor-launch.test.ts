import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TaskStatus } from "../../../../controller/mesos/wire.ts";
import { EngineError } from "../../../../controller/mesos-local/agent/docker-engine.ts";
import { DURABLE, ExecutorBench } from "../../../support/mesos-local/executor-bench.ts";
import { taskRecord } from "../../../support/mesos-local/fixtures.ts";
import { until } from "../../../support/poll.ts";

let bench: ExecutorBench;

beforeEach(async () => {
  bench = await ExecutorBench.create();
});

afterEach(() => bench.remove());

const FIXED = { docker: { parameters: [{ key: "ip", value: "10.0.0.7" }] } };

describe("a launch", () => {
  test("reports STARTING, then RUNNING with the container's own address", async () => {
    await bench.launched(FIXED);
    expect(bench.states).toEqual(["TASK_STARTING", "TASK_RUNNING"]);
    const [starting, running] = bench.reported;
    const addressOf = (status?: TaskStatus) =>
      status?.container_status?.network_infos?.[0]?.ip_addresses?.[0]?.ip_address;
    expect(addressOf(starting)).toBe("127.0.0.1");
    expect(addressOf(running)).toBe("10.0.0.7");
    const inspected: unknown = JSON.parse(Buffer.from(running?.data ?? "", "base64").toString());
    expect(inspected).toMatchObject([{ Name: "/mesos-container-of-t" }]);
  });

  test("makes no container before it is durable", async () => {
    let durable: () => void = () => undefined;
    bench.executor.launch(
      taskRecord("t"),
      new Promise((resolve) => {
        durable = resolve;
      }),
    );
    expect(bench.docker.calls).not.toContain("create mesos-container-of-t");
    durable();
    await bench.executor.idle();
    expect(bench.docker.calls).toContain("create mesos-container-of-t");
  });

  test("that cannot be made durable fails, and makes no container", async () => {
    bench.executor.launch(taskRecord("t"), Promise.reject(new Error("disk full")));
    await bench.executor.idle();
    expect(bench.last).toMatchObject({
      state: "TASK_FAILED",
      source: "SOURCE_AGENT",
      message: "Failed to launch container: disk full",
    });
    expect(bench.docker.containers.size).toBe(0);
  });

  test("of an image that is not here pulls it", async () => {
    await bench.launched({ image: "elsewhere" });
    expect(bench.docker.calls).toContain("pull elsewhere");
    expect(bench.last?.state).toBe("TASK_RUNNING");
  });

  test("of an image that is nowhere fails as the agent's, without STARTING", async () => {
    bench.docker.fail("pull", new EngineError("refused", "no such host"));
    await bench.launched({ image: "nowhere" });
    expect(bench.states).toEqual(["TASK_FAILED"]);
    expect(bench.last).toMatchObject({
      source: "SOURCE_AGENT",
      reason: "REASON_CONTAINER_LAUNCH_FAILED",
      message: "Failed to launch container: Failed to pull image 'nowhere': no such host",
    });
  });

  test("with force_pull_image pulls an image that is here", async () => {
    await bench.launched({ docker: { force_pull_image: true } });
    expect(bench.docker.calls.indexOf("pull image")).toBeGreaterThanOrEqual(0);
  });

  test.each([
    ["Address already in use", 125],
    ["invalid mount config: no such file or directory", 127],
    ["exec: permission denied", 126],
  ])(
    "that Docker refuses (%s) exits with %d, Docker's reason and no container",
    async (reason, code) => {
      bench.docker.fail("start", new EngineError("refused", reason));
      await bench.launched();
      expect(bench.states).toEqual(["TASK_STARTING", "TASK_FAILED"]);
      expect(bench.last).toMatchObject({
        source: "SOURCE_EXECUTOR",
        message: `Container exited with status ${code}: docker: ${reason}`,
      });
      expect(bench.docker.containers.size).toBe(0);
    },
  );

  test("waits with the start until the last container has given the address back", async () => {
    await bench.launched(FIXED, "old");
    const release = bench.docker.hold("inspect");
    bench.docker.end("mesos-container-of-old", 137);
    bench.executor.launch(taskRecord("new", FIXED), DURABLE);
    const created = "create mesos-container-of-new";
    await until("the container made", () => bench.docker.calls.includes(created));
    expect(bench.docker.calls).not.toContain("start mesos-container-of-new");
    release();
    await bench.executor.idle();
    expect(bench.docker.calls).toContain("start mesos-container-of-new");
  });
});

describe("an end", () => {
  test.each([
    [0, "TASK_FINISHED"],
    [3, "TASK_FAILED"],
    [137, "TASK_FAILED"],
  ])("with %d is %s", async (exitCode, state) => {
    await bench.launched();
    bench.docker.end("mesos-container-of-t", exitCode);
    expect(bench.last).toMatchObject({
      state,
      message: `Container exited with status ${exitCode}`,
      source: "SOURCE_EXECUTOR",
    });
    expect(bench.last?.reason).toBeUndefined();
  });

  test("removes the container and keeps its output in the sandbox", async () => {
    await bench.launched();
    bench.docker.end("mesos-container-of-t", 1);
    await bench.executor.idle();
    expect(bench.docker.containers.size).toBe(0);
    const sandbox = join(bench.directory, "sandboxes", "container-of-t");
    expect(await readFile(join(sandbox, "stdout"), "utf8")).toBe("out");
  });

  test("keeps the container until it is on disk how it ended", async () => {
    await bench.launched();
    let onDisk: () => void = () => undefined;
    const written = new Promise<void>((resolve) => {
      onDisk = resolve;
    });
    const asked = new Promise<void>((resolve) => {
      bench.saved = () => {
        resolve();
        return written;
      };
    });
    bench.docker.end("mesos-container-of-t", 0);
    await asked;
    expect(bench.docker.calls).not.toContain("remove mesos-container-of-t");
    onDisk();
    await bench.executor.idle();
    expect(bench.docker.containers.size).toBe(0);
  });

  test("that comes while the start is being answered follows RUNNING", async () => {
    const release = bench.docker.hold("inspect");
    bench.executor.launch(taskRecord("t"), DURABLE);
    await until("the inspection", () =>
      bench.docker.calls.includes("inspect mesos-container-of-t"),
    );
    bench.docker.end("mesos-container-of-t", 0);
    release();
    await bench.executor.idle();
    expect(bench.states).toEqual(["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"]);
  });
});
