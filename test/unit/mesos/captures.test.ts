/** Every capture of a real master goes through the whole client, and each has its outcome. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { SchedulerEvent, TaskStatus } from "../../../controller/mesos/wire.ts";
import { taskEnd } from "../../../controller/model/task-state.ts";
import { captured, capturedStream, statusesOf } from "../../support/mesos/captures.ts";
import { EVENT_OUTCOMES, type Outcome, STREAM_OUTCOMES } from "../../support/mesos/outcomes.ts";
import { startMaster, startScheduler, update } from "../../support/mesos/scene.ts";
import type { ScriptedMaster, ScriptedStream } from "../../support/mesos/scripted-master.ts";
import type { TestScheduler } from "../../support/mesos/test-scheduler.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const ROOT = new URL("../../../", import.meta.url);
const FRAMEWORK_ID = "framework-0001";

interface Replay {
  readonly m: ScriptedMaster;
  readonly test: TestScheduler;
  readonly stream: ScriptedStream;
  readonly leftOut: unknown[];
}

/** A client that has a slot for each of these tasks, subscribed. */
async function subscribed(statuses: readonly TaskStatus[]): Promise<Replay> {
  const m = await startMaster();
  m.heartbeatSeconds = 60;
  m.frameworkId = FRAMEWORK_ID;
  const agents = new Map(statuses.map((s) => [s.task_id.value, s.agent_id?.value ?? "agent"]));
  const slots = [...agents].map(([taskId, agentId]) => ({ taskId, agentId }));
  const leftOut: unknown[] = [];
  const warn = (about: unknown, text: string) => {
    if (text === "Mesos event left out") leftOut.push(about);
  };
  const log = { ...silentLog, warn };
  const test = startScheduler([m.address], { frameworkId: FRAMEWORK_ID, log }, slots);
  test.scheduler.setDemand(true);
  const stream = await m.stream();
  await m.received("REVIVE");
  return { m, test, stream, leftOut };
}

/** Resolves when the client has acknowledged so many updates and taken in all that came. */
async function settled({ m, test, stream }: Replay, acknowledged: number): Promise<void> {
  if (acknowledged > 0) await m.received("ACKNOWLEDGE", acknowledged);
  const { changes } = test;
  stream.send({ type: "OFFERS", offers: { offers: [] } });
  await until("all is taken in", () => test.changes > changes);
}

function acknowledgementsOf(statuses: readonly TaskStatus[]): string[] {
  return statuses
    .flatMap(({ task_id, agent_id, uuid }) =>
      uuid === undefined ? [] : [`${task_id.value} ${agent_id?.value} ${uuid}`],
    )
    .sort();
}

function acknowledgedBy(m: ScriptedMaster): string[] {
  return m
    .of("ACKNOWLEDGE")
    .map(({ acknowledge: a }) => `${a.task_id.value} ${a.agent_id.value} ${a.uuid}`)
    .sort();
}

/** The states of a task in the order in which they became durable. */
function statesOf(test: TestScheduler, taskId: string): string {
  const states = test.savedTasks.filter((t) => t.taskId === taskId).map(({ state }) => state);
  const changes = states.filter((state, i) => state !== states[i - 1]);
  return changes.map((state) => state.replace("TASK_", "")).join(" ");
}

async function replay(events: readonly SchedulerEvent[], outcome: Outcome): Promise<void> {
  const told = events.filter((event) => event.type !== "SUBSCRIBED");
  const errors = told.filter((event) => event.type === "ERROR");
  const statuses = statusesOf(told);
  const scene = await subscribed(statuses);
  const { m, test, stream, leftOut } = scene;
  stream.send(...told.filter((event) => event.type !== "ERROR"));
  const uuids = acknowledgementsOf(statuses);
  await settled(scene, uuids.length);
  expect(leftOut).toEqual([]);
  const seen = [...new Set(statuses.map((s) => s.task_id.value))];
  const passed = Object.fromEntries(seen.map((id) => [id, statesOf(test, id)]));
  expect(passed).toEqual(outcome.tasks);
  for (const [id, known] of Object.entries(outcome.known ?? {})) {
    expect(test.task(id)).toMatchObject(known);
  }
  // As often as they came, each to its agent, and nothing that carries no uuid.
  expect(acknowledgedBy(m)).toEqual(uuids);
  await again(scene, statuses);
  if (errors.length > 0) stream.send(...errors);
  if (outcome.fatal === undefined) expect(test.freshness).toBe("fresh");
  else expect(await test.scheduler.fatal).toMatchObject({ code: outcome.fatal });
}

/** Copies that come late are acknowledged too. They change nothing that is certain. */
async function again(scene: Replay, statuses: readonly TaskStatus[]): Promise<void> {
  const { m, test, stream } = scene;
  const isCertain = ({ task_id }: TaskStatus) => {
    const task = test.task(task_id.value);
    return task !== undefined && taskEnd(task.state) !== "uncertain";
  };
  const copies = statuses.filter((status) => status.uuid !== undefined && isCertain(status));
  if (copies.length === 0) return;
  const known = () => copies.map(({ task_id }) => ({ ...test.task(task_id.value), message: "" }));
  const before = known();
  const expected = [...acknowledgedBy(m), ...acknowledgementsOf(copies)].sort();
  stream.send(...copies.map(update));
  await settled(scene, expected.length);
  expect(known()).toEqual(before);
  expect(acknowledgedBy(m)).toEqual(expected);
}

describe.each(Object.entries(EVENT_OUTCOMES))("the event %s", (name, outcome) => {
  it(outcome.what, () => replay(captured(name), outcome));
});

describe.each(Object.entries(STREAM_OUTCOMES))("the stream %s", (name, outcome) => {
  it(outcome.what, () => replay(capturedStream(name), outcome));
});

describe("the captures", () => {
  const names = (folder: string, extension: string) =>
    readdirSync(new URL(`test/fixtures/mesos/${folder}`, ROOT))
      .filter((file) => file.endsWith(extension))
      .map((file) => file.slice(0, -extension.length))
      .sort();

  it("have an outcome each", () => {
    expect(Object.keys(EVENT_OUTCOMES).sort()).toEqual(names("events", ".json"));
    expect(Object.keys(STREAM_OUTCOMES).sort()).toEqual(names("streams", ".jsonl"));
  });

  it("show every end that docs/mesos.md tells of", () => {
    const text = readFileSync(new URL("docs/mesos.md", ROOT), "utf8");
    const table = text.split("| What happened |")[1]?.split("\n\n")[0] ?? "";
    const rows = table.split("\n").slice(2);
    const ends = rows.map((row) => row.split("|")[1]?.trim() ?? "");
    expect(ends.length).toBeGreaterThan(5);
    const shown = [EVENT_OUTCOMES, STREAM_OUTCOMES].flatMap((outcomes) => Object.values(outcomes));
    expect(new Set(shown.flatMap((outcome) => outcome.ends ?? []))).toEqual(new Set(ends));
  });

  it("of offers are what the client has to launch on", async () => {
    for (const [name, count] of [
      ["offers", 1],
      ["offers-two-agents", 2],
    ] as const) {
      const { test, stream } = await subscribed([]);
      stream.send(...captured(name));
      await until("the offers", () => test.mesos?.offers.length === count);
      expect(test.mesos?.offers.map(({ cpus, memoryMiB }) => [cpus, memoryMiB])).toEqual(
        Array(count).fill([4, 2048]),
      );
    }
  });
});

describe("a master that came after a failover", () => {
  const [status] = statusesOf(capturedStream("zookeeper-failover-before")) as [TaskStatus];
  const askedFor = (m: ScriptedMaster) =>
    m.of("RECONCILE").filter((call) => call.reconcile.tasks.length > 0).length;

  it("says nothing of a task and loses its KILL until the agent is there: both are repeated", async () => {
    const scene = await subscribed([status]);
    const { m, test, stream } = scene;
    stream.send(...statuses("before").map(update));
    await settled(scene, 2);
    await until("reconciled", () => test.mesos?.reconciled === true);
    stream.reset();
    await until("stale", () => test.freshness === "stale");
    await test.passUntil("the next master", () => test.freshness === "fresh");
    const asked = askedFor(m);
    await test.scheduler.kill("z1", status.agent_id?.value ?? null);
    // The agent comes: its resources are offered, and of its task nothing is said.
    const next = await m.stream();
    next.send(...capturedStream("zookeeper-failover-later").filter((e) => e.type === "OFFERS"));
    await until("its offer", () => (test.mesos?.offers.length ?? 0) > 0);
    expect(test.mesos?.reconciled).toBe(false);
    expect(test.task("z1")?.state).toBe("TASK_RUNNING");
    await test.passUntil(
      "both again",
      () => askedFor(m) > asked + 1 && m.of("KILL").length > 1,
      500,
    );
    next.send(...statuses("after").map(update));
    await until("answered", () => test.mesos?.reconciled === true);
    next.send(update({ ...status, state: "TASK_KILLED", uuid: "oxzCvBKvR0qKo2wi92o/nw==" }));
    await until("ended", () => test.task("z1")?.state === "TASK_KILLED");
    const { length } = m.of("KILL");
    test.clock.advance(100_000);
    expect(m.of("KILL")).toHaveLength(length);
  });

  function statuses(when: "before" | "after"): TaskStatus[] {
    return statusesOf(capturedStream(`zookeeper-failover-${when}`));
  }
});
