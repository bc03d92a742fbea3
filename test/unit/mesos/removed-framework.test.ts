/** A framework that the master has removed, and the person who says that another shall replace it. */
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import type { SchedulerEvent, TaskStatus } from "../../../controller/mesos/wire.ts";
import { captured, capturedStatuses } from "../../support/mesos/captures.ts";
import { startMaster, startScheduler, update } from "../../support/mesos/scene.ts";
import type { ScriptedMaster } from "../../support/mesos/scripted-master.ts";
import type { TestScheduler } from "../../support/mesos/test-scheduler.ts";
import { until } from "../../support/poll.ts";

const REMOVED = captured("removed-framework-error");
const OLD = "framework-old";
const SLOT = { taskId: "u2", agentId: "S0" };
const isFresh = (test: TestScheduler) => test.freshness === "fresh";

/** It refuses the old id as a real one does, and gives a new one to who has none. */
async function masterThatRemoved(): Promise<ScriptedMaster> {
  const m = await startMaster();
  const greeting = (): readonly SchedulerEvent[] => {
    const asked = m.of("SUBSCRIBE").at(-1)?.framework_id?.value;
    return asked === OLD ? REMOVED : [m.subscribedEvent(), { type: "HEARTBEAT" }];
  };
  m.greeting = greeting;
  return m;
}

describe("a framework that was removed, when a person says that another replaces it", () => {
  it("is registered anew once, and only the new id is stored", async () => {
    const m = await masterThatRemoved();
    const test = startScheduler([m.address], { frameworkId: OLD, replacesRemoved: true });
    await test.passUntil("fresh", () => isFresh(test));
    expect(test.savedIds).toEqual([m.frameworkId]);
    expect(m.of("SUBSCRIBE").map((call) => call.framework_id?.value)).toEqual([OLD, undefined]);
    expect(m.of("SUBSCRIBE")[1]?.subscribe.framework_info.id).toBeUndefined();
  });

  it("leaves tasks behind that are asked for: gone with the old one, or out of sight", async () => {
    const m = await masterThatRemoved();
    const away = { taskId: "p1", agentId: "S1" };
    const options = { frameworkId: OLD, replacesRemoved: true };
    const test = startScheduler([m.address], options, [SLOT, away]);
    await test.passUntil("fresh", () => isFresh(test));
    expect((await m.received("RECONCILE")).reconcile.tasks).toEqual([
      { task_id: { value: "u2" }, agent_id: { value: "S0" } },
      { task_id: { value: "p1" }, agent_id: { value: "S1" } },
    ]);
    expect(test.mesos?.reconciled).toBe(false);
    const stream = await m.stream();
    stream.send(update(capturedStatuses("reconcile-unknown-PA")[1] as TaskStatus));
    await until("gone", () => test.task("u2")?.state === "TASK_GONE");
    stream.send(update(capturedStatuses("agent-lost-PA")[0] as TaskStatus));
    await until("out of sight", () => test.task("p1")?.state === "TASK_UNREACHABLE");
    expect(test.mesos?.reconciled).toBe(true);
  });

  it("is asked for again by a start that was killed before the new id was stored", async () => {
    const m = await masterThatRemoved();
    const options = { frameworkId: OLD, replacesRemoved: true };
    const failing = async () => Promise.reject(new Error("disk full"));
    const first = startScheduler([m.address], { ...options, saveFrameworkId: failing });
    await until("tried", () => m.of("SUBSCRIBE").length >= 1);
    await first.passUntil("registered", () => m.of("SUBSCRIBE").length >= 2);
    await first.scheduler.stop();
    const second = startScheduler([m.address], options);
    await second.passUntil("fresh", () => isFresh(second));
    expect(second.savedIds).toEqual([m.frameworkId]);
  });

  it("that lives is taken up as ever; its removal during the run is told", async () => {
    const m = await startMaster();
    const options = { frameworkId: m.frameworkId, replacesRemoved: true };
    const test = startScheduler([m.address], options);
    await until("fresh", () => isFresh(test));
    expect(m.of("SUBSCRIBE")[0]?.framework_id).toEqual({ value: m.frameworkId });
    m.streams[0]?.send(...REMOVED);
    expect(await test.scheduler.fatal).toMatchObject({ code: ERROR_CODES.FRAMEWORK_REMOVED });
    expect(m.of("SUBSCRIBE")).toHaveLength(1);
  });

  it("is replaced too by a master that answers with another id", async () => {
    const m = await startMaster();
    const test = startScheduler([m.address], { frameworkId: OLD, replacesRemoved: true });
    await until("fresh", () => isFresh(test));
    expect(test.savedIds).toEqual([m.frameworkId]);
  });

  it("is not taken over from another scheduler by it", async () => {
    const m = await startMaster();
    m.greeting = () => captured("failover-error-on-old-stream");
    const test = startScheduler([m.address], { frameworkId: OLD, replacesRemoved: true });
    expect(await test.scheduler.fatal).toMatchObject({ code: ERROR_CODES.FRAMEWORK_TAKEN_OVER });
  });
});

it("nobody says so: the message names the option, and nothing is registered", async () => {
  const m = await masterThatRemoved();
  const test = startScheduler([m.address], { frameworkId: OLD });
  const error = await test.scheduler.fatal;
  expect(error.code).toBe(ERROR_CODES.FRAMEWORK_REMOVED);
  expect(error.message).toContain("--mesos-new-framework");
  expect(test.savedIds).toEqual([]);
});
