/** The embedded master says everything in the shape in which a real master was seen to say it. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { EngineError } from "../../../controller/mesos-local/agent/docker-engine.ts";
import type { Offer, SchedulerEvent } from "../../../controller/mesos/wire.ts";
import { capturedShapes, kindOf, wrongShapes } from "../../support/mesos/event-shapes.ts";
import { differences, shapeOf } from "../../support/mesos/shapes.ts";
import type { TaskWishes } from "../../support/mesos-local/fixtures.ts";
import {
  accept,
  containerOf,
  InMemoryMesos,
  SECOND,
  settled,
  task,
} from "../../support/mesos-local/in-memory-mesos.ts";
import { RawScheduler } from "../../support/mesos-local/raw-scheduler.ts";
import { until } from "../../support/poll.ts";

/** What was captured and has no cause here: these masters' agents drain, check and unregister nothing. */
const NEVER_SAID = new Set([
  "TASK_KILLED SOURCE_EXECUTOR REASON_AGENT_DRAINING",
  "TASK_GONE_BY_OPERATOR SOURCE_MASTER REASON_AGENT_REMOVED_BY_OPERATOR",
  "TASK_RUNNING SOURCE_EXECUTOR REASON_TASK_HEALTH_CHECK_STATUS_UPDATED",
  "TASK_FAILED SOURCE_AGENT REASON_EXECUTOR_TERMINATED",
  "TASK_LOST SOURCE_MASTER REASON_AGENT_DISCONNECTED",
]);

const AWARE = { capabilities: [{ type: "PARTITION_AWARE" }, { type: "TASK_KILLING_STATE" }] };
const MULTI_ROLE = { capabilities: [{ type: "MULTI_ROLE" }], roles: ["*"] };
const ON_A_NETWORK: TaskWishes = {
  docker: { network: "USER", parameters: [{ key: "ip", value: "172.18.0.5" }] },
  container: { network_infos: [{ name: "net" }] },
};

const AMOUNTS = { cpus: 1, mem: 1, disk: 1 };
/** As Mesos's documentation and source (src/master/http.cpp, src/common/http.cpp) have it. */
const STATE = shapeOf([
  {
    ...{ id: "", version: "", pid: "", hostname: "", leader: "", start_time: 1, elected_time: 1 },
    ...{ activated_slaves: 1, deactivated_slaves: 1 },
    slaves: [
      {
        ...{ id: "", hostname: "", pid: "", port: 1, version: "", active: true },
        attributes: { rack: "" },
        resources: { ...AMOUNTS, ports: "" },
        used_resources: AMOUNTS,
      },
    ],
    frameworks: [
      {
        ...{ id: "", name: "", user: "", role: "", hostname: "", webui_url: "", checkpoint: true },
        ...{ capabilities: [""], active: true, connected: true, failover_timeout: 1 },
        used_resources: AMOUNTS,
        tasks: [
          {
            ...{ id: "", name: "", framework_id: "", executor_id: "", slave_id: "", state: "" },
            ...{ role: "", resources: AMOUNTS },
            statuses: [
              {
                ...{ state: "", timestamp: 1 },
                container_status: {
                  container_id: { value: "" },
                  network_infos: [{ name: "", ip_addresses: [{ protocol: "", ip_address: "" }] }],
                },
              },
            ],
          },
        ],
        completed_tasks: [],
      },
    ],
    ...{ completed_frameworks: [], orphan_tasks: [], unregistered_frameworks: [] },
  },
]);
/** What is said beside that, of this one alone. */
const OURS =
  /^\.(description|instance|docker|frameworks\[0\]\.tasks\[0\]\.(container_id|unacknowledged)): unknown$/;

let mesos: InMemoryMesos;

beforeEach(async () => {
  mesos = await InMemoryMesos.start();
});

afterEach(() => mesos.remove());

test("every event has the shape of the captured ones of its kind, and every kind is said", async () => {
  const said = await everything();
  expect(wrongShapes(said)).toEqual([]);
  const kinds = new Set(said.map(kindOf));
  expect([...kinds].filter((kind) => NEVER_SAID.has(kind))).toEqual([]);
  expect([...capturedShapes().keys()].filter((kind) => !kinds.has(kind)).sort()).toEqual(
    [...NEVER_SAID].sort(),
  );
});

test("RUNNING alone has data: what docker inspect prints", async () => {
  const statuses = (await everything()).flatMap((e) =>
    e.type === "UPDATE" ? e.update.status : [],
  );
  const having = statuses.filter(({ data }) => data !== undefined);
  expect(new Set(having.map(({ state }) => state))).toEqual(new Set(["TASK_RUNNING"]));
  expect(JSON.parse(Buffer.from(having[0]?.data ?? "", "base64").toString())).toHaveLength(1);
});

test("/version and /state have Mesos's fields, each of its type", async () => {
  const scheduler = await RawScheduler.subscribe(mesos.url, AWARE);
  await launched(scheduler, "t", ON_A_NETWORK);
  await containerOf(scheduler, "t");
  const version = JSON.parse(await mesos.get("/version")) as { version: string };
  // Libraries read three numbers from it.
  expect(version.version).toMatch(/^\d+\.\d+\.\d+$/);
  const state = JSON.parse(await mesos.get("/state")) as unknown;
  expect(differences(STATE, state).filter((what) => !OURS.test(what))).toEqual([]);
  expect(state).toMatchObject({
    slaves: [{ resources: { cpus: 4, ports: "[31000-31999]" }, used_resources: { cpus: 0.1 } }],
    frameworks: [{ tasks: [{ id: "t", resources: { cpus: 0.1, mem: 32 } }] }],
  });
});

/** One scheduler that knows all the newer words, and one that knows none, through what can happen. */
async function everything(): Promise<SchedulerEvent[]> {
  const aware = await RawScheduler.subscribe(mesos.url, AWARE);
  const [t, u] = [
    await launched(aware, "t", ON_A_NETWORK),
    await launched(aware, "u", ON_A_NETWORK),
  ];
  mesos.docker.end(await containerOf(aware, "t"), 137);
  mesos.docker.end(await containerOf(aware, "u"), 0);
  await launched(aware, "k", ON_A_NETWORK);
  await containerOf(aware, "k");
  await aware.call("KILL", { kill: { task_id: { value: "k" } } });
  await aware.status("k", "TASK_KILLED");
  mesos.docker.fail("pull", new EngineError("refused", "no such host"));
  await launched(aware, "no-image", { image: "missing" });
  await aware.status("no-image", "TASK_FAILED");
  await launched(aware, "too-big", { cpus: 400 });
  await aware.status("too-big", "TASK_ERROR");
  await accept(aware, [{ ...t, id: { value: "stale" } }], [task("stale", t)]);
  await launched(aware, "p", ON_A_NETWORK);
  await containerOf(aware, "p");
  await asked(aware, { p: u.agent_id.value, gone: u.agent_id.value, unknown: "bogus" });
  await aware.call("SUPPRESS");

  const plain = await RawScheduler.subscribe(mesos.url);
  const offer = await launched(plain, "n", ON_A_NETWORK);
  await containerOf(plain, "n");
  await accept(plain, [{ ...offer, id: { value: "stale" } }], [task("stale", offer)]);
  await asked(plain, { unknown: "bogus" });
  const roles = await RawScheduler.subscribe(mesos.url, MULTI_ROLE);
  await roles.offer();
  await roles.call("TEARDOWN");

  await awayAndBack([aware, plain], u.agent_id.value);
  const again = await RawScheduler.subscribe(mesos.url, { id: { value: plain.frameworkId } });
  await until("the old one is told", () => plain.ending === "chunk");
  return [aware, plain, roles, again].flatMap(({ seen }) => seen.map(({ event }) => event));
}

/** The agents are out of reach while an offer is outstanding, and come back. */
async function awayAndBack(both: readonly [RawScheduler, RawScheduler], agentId: string) {
  const [aware, plain] = both;
  await aware.call("REVIVE");
  await plain.call("REVIVE");
  await until("an offer is out", () => {
    mesos.clock.advance(SECOND);
    return [...both].some((scheduler) => unusedOffer(scheduler) !== undefined);
  });
  mesos.docker.fail("watchEnds", new EngineError("unreachable", "no engine"));
  mesos.docker.disconnect("gone");
  for (let second = 0; second < 75; second += 1) mesos.clock.advance(SECOND);
  await aware.status("p", "TASK_UNREACHABLE");
  await plain.status("n", "TASK_LOST");
  await asked(aware, { p: agentId });
  mesos.docker.heal("watchEnds");
  await until("both are back", () => {
    mesos.clock.advance(SECOND);
    return [aware.statusesOf("p"), plain.statusesOf("n")].every(
      (statuses) => statuses.at(-1)?.reason === "REASON_AGENT_REREGISTERED",
    );
  });
}

const used = new WeakSet<Offer>();

function unusedOffer({ seen }: RawScheduler): Offer | undefined {
  return seen
    .flatMap(({ event }) => (event.type === "OFFERS" ? event.offers.offers : []))
    .find((offer) => !used.has(offer));
}

/** @returns the offer that was used */
async function launched(scheduler: RawScheduler, id: string, wishes: TaskWishes): Promise<Offer> {
  const offer = await until("an offer", () => {
    const free = unusedOffer(scheduler);
    if (free === undefined) mesos.clock.advance(SECOND);
    return free;
  });
  used.add(offer);
  await accept(scheduler, [offer], [task(id, offer, wishes)]);
  return offer;
}

/** @param tasks with the agent that each is said to be on */
async function asked(scheduler: RawScheduler, tasks: Readonly<Record<string, string>>) {
  const list = Object.entries(tasks).map(([id, agent]) => ({
    task_id: { value: id },
    agent_id: { value: agent },
  }));
  await scheduler.call("RECONCILE", { reconcile: { tasks: list } });
  await settled(scheduler);
}
