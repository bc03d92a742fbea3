/** Agents with an engine each: what befalls one is none of the other's business. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EngineError } from "../../../../controller/mesos-local/agent/docker-engine.ts";
import type { SchedulerEvent } from "../../../../controller/mesos/wire.ts";
import { AGENT } from "../../../support/mesos-local/fixtures.ts";
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
import { RawScheduler } from "../../../support/mesos-local/raw-scheduler.ts";
import { until } from "../../../support/poll.ts";

const A = "tcp://10.0.0.11:2375";
const B = "tcp://10.0.0.12:2375";
const AGENTS = [
  { ...AGENT, id: "site-S0", hostname: "a", docker: A, cpus: 3 },
  { ...AGENT, id: "site-S1", hostname: "b", docker: B, cpus: 5 },
];
const REFUSED = new EngineError("unreachable", "connect EHOSTUNREACH");

let mesos: InMemoryMesos;

beforeEach(async () => {
  mesos = await InMemoryMesos.start({ agents: AGENTS, site: "the-site" });
});

afterEach(() => mesos.remove());

/** A task on each agent, both running. */
async function oneEach(): Promise<RawScheduler> {
  const scheduler = await RawScheduler.subscribe(mesos.url, AWARE);
  const [onA, onB] = [await offerOf(scheduler, 3), await offerOf(scheduler, 5)];
  await accept(scheduler, [onA], [task("ta", onA)]);
  await accept(scheduler, [onB], [task("tb", onB)]);
  await scheduler.status("ta", "TASK_RUNNING");
  await scheduler.status("tb", "TASK_RUNNING");
  return scheduler;
}

function failuresOf(scheduler: RawScheduler): unknown[] {
  return scheduler.seen.flatMap(({ event }) =>
    event.type === "FAILURE" ? [event.failure.agent_id?.value] : [],
  );
}

async function slaves(): Promise<{ id: string; active: boolean }[]> {
  const state = JSON.parse(await mesos.get("/state")) as { slaves: [] };
  return state.slaves.map(({ id, active }) => ({ id, active }));
}

describe("an agent whose engine is lost", () => {
  function lose(): void {
    mesos.engineAt(A).fail("watchEnds", REFUSED);
    mesos.engineAt(A).disconnect("reset");
  }

  test("has its own offers taken back, and is offered no more", async () => {
    const scheduler = await RawScheduler.subscribe(mesos.url, AWARE);
    const onA = await offerOf(scheduler, 3);
    const onB = await offerOf(scheduler, 5);
    lose();
    const rescinded = await scheduler.event("a RESCIND", (e) => e.type === "RESCIND");
    expect(rescinded.event).toMatchObject({ rescind: { offer_id: onA.id } });
    const before = scheduler.seen.length;
    for (const offer of [onA, onB]) {
      const filters = { refuse_seconds: 0 };
      await scheduler.call("DECLINE", { decline: { offer_ids: [offer.id], filters } });
    }
    mesos.clock.advance(SECOND);
    const again = await scheduler.event("an offer", (e) => e.type === "OFFERS", 20_000, before);
    expect(agentsIn(again.event)).toEqual(["site-S1"]);
    expect(count(scheduler, "RESCIND")).toBe(1);
    expect(await slaves()).toEqual([
      { id: "site-S0", active: false },
      { id: "site-S1", active: true },
    ]);
  });

  test("is unreachable after 75 s with its tasks, and back with them", async () => {
    const scheduler = await oneEach();
    lose();
    mesos.clock.advance(75 * SECOND - 1);
    await settled(scheduler);
    expect(scheduler.statusesOf("ta").map(({ state }) => state)).not.toContain("TASK_UNREACHABLE");
    mesos.clock.advance(1);
    await scheduler.status("ta", "TASK_UNREACHABLE");
    await settled(scheduler);
    expect(failuresOf(scheduler)).toEqual(["site-S0"]);
    expect(scheduler.statusesOf("tb").at(-1)?.state).toBe("TASK_RUNNING");
    mesos.engineAt(A).heal("watchEnds");
    mesos.clock.advance(5 * SECOND);
    await until("ta is back", () => {
      const last = scheduler.statusesOf("ta").at(-1);
      return last?.state === "TASK_RUNNING" && last.reason === "REASON_AGENT_REREGISTERED";
    });
    expect(mesos.engineAt(A).calls.filter((call) => call.startsWith("create"))).toHaveLength(1);
  });

  test("counts its 75 s from its last answer, not from when the silence was noticed", async () => {
    const scheduler = await oneEach();
    const engine = mesos.engineAt(A);
    const ping = vi.spyOn(engine, "ping").mockRejectedValue(REFUSED);
    engine.fail("watchEnds", REFUSED);
    mesos.clock.advance(15 * SECOND);
    await until("the ping", () => ping.mock.calls.length > 0);
    await until("site-S0 is lost", async () => (await slaves())[0]?.active === false);
    mesos.clock.advance(60 * SECOND);
    await scheduler.status("ta", "TASK_UNREACHABLE");
  });
});

describe("another master of the site", () => {
  /** What the framework sees of it. */
  async function takeOver(before: RawScheduler): Promise<RawScheduler> {
    await mesos.stopServer();
    await mesos.forget();
    await mesos.startServer();
    await until("both agents", async () => (await slaves()).every(({ active }) => active));
    return RawScheduler.subscribe(mesos.url, { ...AWARE, id: { value: before.frameworkId } });
  }

  test("knows from the containers what runs, and tells it when it is asked", async () => {
    const before = await oneEach();
    const named = await containerOf(before, "ta");
    const after = await takeOver(before);
    await settled(after);
    expect(after.frameworkId).toBe(before.frameworkId);
    expect(after.statusesOf("ta")).toEqual([]);
    const asked = { tasks: [{ task_id: { value: "ta" }, agent_id: { value: "site-S0" } }] };
    await after.call("RECONCILE", { reconcile: asked });
    expect(await after.status("ta", "TASK_RUNNING")).toMatchObject({
      agent_id: { value: "site-S0" },
      reason: "REASON_RECONCILIATION",
    });
    expect(await containerOf(after, "ta")).toBe(named);
    const left = await offerOf(after, 2.9);
    expect(left.agent_id.value).toBe("site-S0");
  });

  test("tells the end of what ended while no master led, and kills what it is told to", async () => {
    const before = await oneEach();
    const container = await containerOf(before, "ta");
    await mesos.stopServer();
    mesos.engineAt(A).end(container, 3);
    await mesos.forget();
    await mesos.startServer();
    const id = { value: before.frameworkId };
    const after = await RawScheduler.subscribe(mesos.url, { ...AWARE, id });
    expect((await after.status("ta", "TASK_FAILED")).message).toMatch(/status 3$/);
    await until("both agents", async () => (await slaves()).every(({ active }) => active));
    await after.call("KILL", { kill: { task_id: { value: "tb" } } });
    await after.status("tb", "TASK_KILLED");
  });

  test("takes a container whose label cannot be read for an orphan, and removes it", async () => {
    const before = await oneEach();
    for (const { body } of mesos.engineAt(B).containers.values()) {
      body.Labels["mesos-local.record"] = "{";
    }
    const after = await takeOver(before);
    const asked = { tasks: [{ task_id: { value: "tb" }, agent_id: { value: "site-S1" } }] };
    await after.call("RECONCILE", { reconcile: asked });
    expect((await after.status("tb", "TASK_GONE")).source).toBe("SOURCE_MASTER");
    await until("no container", () => mesos.engineAt(B).containers.size === 0);
  });
});

test("agents that name no engine, or the same one, share it", async () => {
  const two = [AGENT, { ...AGENT, hostname: "host-b" }];
  const alone = await InMemoryMesos.start({ agents: two });
  try {
    expect(alone.docker.calls.filter((call) => call === "watchEnds")).toHaveLength(1);
  } finally {
    await alone.remove();
  }
});

function agentsIn(event: SchedulerEvent): string[] {
  return event.type === "OFFERS" ? event.offers.offers.map((o) => o.agent_id.value) : [];
}
