/** KILL until the task has ended, and what a call that fails means. */
import { describe, expect, it } from "vitest";
import type { TaskStatus } from "../../../controller/mesos/wire.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { capturedStatus } from "../../support/mesos/captures.ts";
import { lifeOfATask, scene, update } from "../../support/mesos/scene.ts";
import { until } from "../../support/poll.ts";

const { id: ID, running, failed } = lifeOfATask();

describe("kill", () => {
  const killed = { ...failed, state: "TASK_KILLED" as const };

  it("is repeated with longer pauses until the task has ended", async () => {
    const { m, test, stream } = await scene([ID]);
    stream.send(update(running));
    await until("running", () => test.task(ID)?.state === "TASK_RUNNING");
    await test.scheduler.kill(ID, null, 1500);
    expect(m.of("KILL")[0]?.kill).toEqual({
      task_id: { value: ID },
      agent_id: running.agent_id,
      kill_policy: { grace_period: { nanoseconds: 1_500_000_000 } },
    });
    // The planner repeats itself with each reconcile; the master is not told more often for that.
    await test.scheduler.kill(ID, null, 1500);
    expect(m.of("KILL")).toHaveLength(1);
    await test.passUntil("three more", () => m.of("KILL").length === 4, 1000);
    stream.send(update(killed));
    await until("ended", () => test.task(ID)?.state === "TASK_KILLED");
    test.clock.advance(150_000);
    await test.scheduler.kill(ID, null);
    expect(m.of("KILL")).toHaveLength(4);
  });

  it("that could not be sent says so, and is sent with the next subscription", async () => {
    const { m, test, stream } = await scene([ID]);
    stream.reset();
    await until("stale", () => test.freshness === "stale");
    await expect(test.scheduler.kill(ID, "agent")).rejects.toMatchObject({
      code: ERROR_CODES.MESOS_UNREACHABLE,
    });
    expect(m.of("KILL")).toHaveLength(0);
    await test.passUntil("sent", () => m.of("KILL").length === 1);
    expect(m.of("KILL")[0]?.kill.agent_id).toEqual({ value: "agent" });
  });

  it("ends with a task that is gone, and before long of a task that nobody knows", async () => {
    const { m, test, stream } = await scene();
    await test.scheduler.kill("p1", "agent");
    await test.scheduler.kill("other", "agent");
    const gone: TaskStatus = { ...capturedStatus("agent-back-PA"), state: "TASK_GONE" };
    stream.send(update(gone), update(running));
    await until("both seen", () => test.task(ID) !== undefined);
    const KILLS_IN_15_S = 2;
    await test.passUntil("a repetition", () => m.of("KILL").length === 1 + KILLS_IN_15_S, 1000);
    test.clock.advance(150_000);
    expect(m.of("KILL").map(({ kill }) => kill.task_id.value)).toEqual(["p1", "other", "other"]);
  });
});

it("a call is given up after its deadline, and the subscription stays", async () => {
  const { m, test } = await scene();
  m.onCall = () => "hang";
  const outcome = expect(test.scheduler.kill("t", "a")).rejects.toMatchObject({
    code: ERROR_CODES.TIMEOUT,
  });
  await m.received("KILL");
  test.clock.advance(5000);
  await outcome;
  expect(test.freshness).toBe("fresh");
});

it.each([
  { status: 403, body: "Framework is not subscribed" },
  { status: 400, body: "Framework cannot be found" },
  { status: 503, body: "recovery" },
])("a call that is answered with %j means that the subscription is over", async (answer) => {
  const { m, test } = await scene();
  m.onCall = (call) => (call.type === "KILL" ? answer : null);
  await expect(test.scheduler.kill("t", "a")).rejects.toThrow(answer.body);
  await until("stale", () => test.freshness === "stale");
  m.onCall = () => null;
  await test.passUntil("fresh", () => test.freshness === "fresh");
  await m.received("KILL", 2);
});
