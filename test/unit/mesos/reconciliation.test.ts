/** What the master is asked for, and when. */
import { describe, expect, it } from "vitest";
import type { Call, TaskStatus } from "../../../controller/mesos/wire.ts";
import { capturedStatus, capturedStatuses } from "../../support/mesos/captures.ts";
import { lifeOfATask, offersOf, scene, update } from "../../support/mesos/scene.ts";
import { until } from "../../support/poll.ts";

const { id: ID, running, failed } = lifeOfATask();
const askedFor = (call: Call | undefined) =>
  call?.type === "RECONCILE" ? call.reconcile.tasks.map((t) => t.task_id.value) : [];

describe("reconciliation", () => {
  it("asks for each remembered task by agent, again and again until it has answered", async () => {
    const { m, test, stream } = await scene([ID, "p1"]);
    const first = await m.received("RECONCILE");
    expect(first.reconcile.tasks).toEqual([
      { task_id: { value: ID }, agent_id: { value: "agent" } },
      { task_id: { value: "p1" }, agent_id: { value: "agent" } },
    ]);
    expect(test.mesos?.reconciled).toBe(false);
    stream.send(update(running));
    await until("one answered", () => test.task(ID) !== undefined);
    expect(test.mesos?.reconciled).toBe(false);
    await test.passUntil("asked again", () => m.of("RECONCILE").length === 2);
    expect(askedFor(m.of("RECONCILE")[1])).toEqual(["p1"]);
    stream.send(update(capturedStatus("agent-back-PA")));
    await until("reconciled", () => test.mesos?.reconciled === true);
    test.clock.advance(60_000);
    expect(m.of("RECONCILE")).toHaveLength(2);
  });

  it("takes an end for an answer, and does not wait for what was forgotten meanwhile", async () => {
    const { test, stream } = await scene([ID, "forgotten"]);
    stream.send(update({ ...failed, state: "TASK_GONE" }));
    await until("ended", () => test.task(ID)?.state === "TASK_GONE");
    expect(test.mesos?.reconciled).toBe(false);
    test.remembered.pop();
    await test.passUntil("reconciled", () => test.mesos?.reconciled);
  });

  it("begins anew after each subscription, also for orphaned tasks that run", async () => {
    const { m, test, stream } = await scene();
    stream.send(update(running));
    await until("visible", () => test.task(ID) !== undefined);
    expect(test.mesos?.reconciled).toBe(true);
    stream.reset();
    await until("stale", () => test.freshness === "stale");
    await test.passUntil("subscribed again", () => test.freshness === "fresh");
    expect(test.mesos?.reconciled).toBe(false);
    expect(test.task(ID)?.state).toBe("TASK_RUNNING");
    expect(askedFor(await m.received("RECONCILE"))).toEqual([ID]);
  });

  it("goes on asking, slowly, for a task that is out of sight", async () => {
    const { m, test, stream } = await scene(["p1"]);
    stream.send(update(capturedStatuses("agent-lost-PA")[0] as TaskStatus));
    await until("unreachable", () => test.task("p1")?.state === "TASK_UNREACHABLE");
    expect(test.mesos?.reconciled).toBe(true);
    await test.passUntil("asked on", () => m.of("RECONCILE").length >= 6, 1000);
    stream.send(update(capturedStatus("agent-back-PA")));
    await until("back", () => test.task("p1")?.state === "TASK_RUNNING");
    test.clock.advance(20_000);
    const { length } = m.of("RECONCILE");
    test.clock.advance(60_000);
    expect(m.of("RECONCILE")).toHaveLength(length);
  });

  it("asks for everything soon after it subscribed, then ever more seldom", async () => {
    const { m, test, stream } = await scene();
    const secondsBetween = [15, 30, 60, 120, 240, 480, 600];
    for (const [round, seconds] of secondsBetween.entries()) {
      for (let left = seconds; left > 0; left -= 15) {
        expect(m.of("RECONCILE")).toHaveLength(round);
        const { changes } = test;
        stream.send(offersOf());
        await until("alive", () => test.changes > changes);
        test.clock.advance(15_000);
      }
      expect(askedFor(await m.received("RECONCILE", round + 1))).toEqual([]);
    }
  });

  it("asks for the tasks of an agent that failed", async () => {
    const { m, test, stream } = await scene();
    stream.send(update(running));
    await until("visible", () => test.task(ID) !== undefined);
    const agent_id = running.agent_id ?? { value: "" };
    stream.send({ type: "FAILURE", failure: { agent_id } });
    await test.passUntil("asked", () => m.of("RECONCILE").length === 1);
    expect(m.of("RECONCILE")[0]?.reconcile.tasks).toEqual([{ task_id: running.task_id, agent_id }]);
  });
});
