/** Whom the events of the one framework wake, and what each cluster sees of it. */
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Offer, TaskState } from "../../../controller/mesos/wire.ts";
import { SharedFramework } from "../../../controller/mesos/shared-framework.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { parseHostPort } from "../../../controller/support/host-port.ts";
import {
  lastKnown,
  type ObservedOffer,
  type ObservedTask,
} from "../../../controller/model/observed.ts";
import { capturedOffers } from "../../support/mesos/captures.ts";
import { offersOf, startMaster, taskOn, update } from "../../support/mesos/scene.ts";
import type { ScriptedMaster, ScriptedStream } from "../../support/mesos/scripted-master.ts";
import { FRAMEWORK } from "../../support/mesos/test-scheduler.ts";
import { SteppedClock } from "../../support/mesos-local/stepped-clock.ts";
import { fakeMemory, fakeTask } from "../../support/planner/fixtures.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const [A, B, C] = ["default/a", "default/b", "default/c"] as const;
const TEN_MINUTES_MS = 10 * 60 * 1000;
const [host1, host2] = capturedOffers("offers-two-agents") as [Offer, Offer];
const taskOf = (key: string, launch = 1) => `${key.replace("/", ".")}.00000000.0.${launch}`;

let master: ScriptedMaster;
let stream: ScriptedStream;
let clock: SteppedClock;
let framework: SharedFramework;
let woken: string[];
let stored: string[];
let forgotten: string[];
let memories: Map<string, ClusterMemory>;

/** A cluster that remembers this task in its slot 0. */
function remember(key: string, taskId: string): void {
  const slots = [{ slot: 0, task: { taskId, agentId: host1.agent_id.value } }];
  memories.set(key, { ...fakeMemory(), slots } as never);
}

async function subscribe(...known: readonly ObservedTask[]): Promise<void> {
  framework = new SharedFramework({
    masters: [parseHostPort(master.address)],
    framework: FRAMEWORK,
    frameworkId: null,
    clock,
    log: silentLog,
    random: () => 0,
    saveFrameworkId: async () => undefined,
    taskFiles: {
      save: async ({ taskId, state }) => void stored.push(`${taskId} ${state}`),
      remove: async (taskId) => void forgotten.push(taskId),
    },
    storedTasks: new Map(known.map((task) => [task.taskId, task])),
    memories: () => memories,
    wake: (key) => void woken.push(key),
    wakeAll: () => void woken.push("all"),
  });
  onTestFinished(() => framework.scheduler.stop());
  framework.scheduler.start();
  stream = await master.stream();
  await until("the subscription", () => framework.observe(A).freshness === "fresh");
}

function offersFor(key: string): readonly ObservedOffer[] {
  return lastKnown(framework.observe(key))?.offers ?? [];
}

function stateOf(key: string, taskId: string): TaskState | undefined {
  return lastKnown(framework.observe(key))?.tasks.get(taskId)?.state;
}

/** The master tells it, and the scheduler has taken it in. */
async function tell(key: string, taskId: string, state: TaskState): Promise<void> {
  const agent_id = host1.agent_id;
  stream.send(update({ task_id: { value: taskId }, agent_id, state }));
  await until(`${taskId} in ${state}`, () => stateOf(key, taskId) === state);
}

async function offer(offers: readonly Offer[], seen: number): Promise<void> {
  stream.send(offersOf(...offers));
  await until("the offers", () => offersFor(C).length === seen);
}

/** Who was woken since the last time this was asked, each once. */
function wokenSince(): string[] {
  const keys = [...new Set(woken)].sort();
  woken = [];
  return keys;
}

beforeEach(async () => {
  master = await startMaster();
  // Ten minutes may pass in silence.
  master.heartbeatSeconds = 3600;
  clock = new SteppedClock();
  woken = [];
  stored = [];
  forgotten = [];
  memories = new Map();
});

describe("what clusters share of Mesos", () => {
  it("wakes all for a new subscription, and all when it is lost", async () => {
    await subscribe();
    expect(wokenSince()).toEqual(["all"]);
    stream.reset();
    await until("the loss", () => framework.observe(A).freshness === "stale");
    expect(wokenSince()).toEqual(["all"]);
  });

  it("wakes all when the last remembered task has answered", async () => {
    remember(A, taskOf(A));
    remember(B, taskOf(B));
    await subscribe();
    wokenSince();
    await tell(A, taskOf(A), "TASK_RUNNING");
    expect([wokenSince(), lastKnown(framework.observe(C))?.reconciled]).toEqual([[A], false]);
    await tell(B, taskOf(B), "TASK_RUNNING");
    expect([wokenSince(), lastKnown(framework.observe(C))?.reconciled]).toEqual([["all", B], true]);
  });

  it("waits after a start for what no slot has and had not ended, as Mesos may not tell", async () => {
    remember(A, taskOf(A));
    await subscribe(fakeTask(taskOf(B), "TASK_UNREACHABLE"));
    const { reconcile } = await master.received("RECONCILE");
    expect(reconcile.tasks.map((t) => t.task_id.value)).toEqual([taskOf(B), taskOf(A)]);
    expect(stateOf(B, taskOf(B))).toBe("TASK_UNREACHABLE");
    await tell(A, taskOf(A), "TASK_RUNNING");
    expect(lastKnown(framework.observe(B))?.reconciled).toBe(false);
    await tell(B, taskOf(B), "TASK_RUNNING");
    expect(lastKnown(framework.observe(B))?.reconciled).toBe(true);
  });

  it("wakes for offers those that wait for some", async () => {
    await subscribe();
    framework.demand(A, true);
    framework.demand(B, true);
    framework.demand(B, false);
    wokenSince();
    await offer([host1, host2], 2);
    expect(wokenSince()).toEqual([A]);
    stream.send({ type: "RESCIND", rescind: { offer_id: host1.id } });
    await until("the loss of an offer", () => offersFor(C).length === 1);
    expect(wokenSince()).toEqual([A]);
  });

  it("wakes who begins to wait after offers came that it has not seen", async () => {
    await subscribe();
    framework.observe(B);
    framework.demand(A, true);
    await offer([host1], 1);
    wokenSince();
    framework.demand(B, true);
    expect(wokenSince()).toEqual([B]);
    framework.observe(C);
    framework.demand(C, true);
    expect(wokenSince()).toEqual([]);
  });

  it("wakes for news of a task its cluster alone, and shows it to nobody else", async () => {
    await subscribe();
    framework.demand(A, true);
    framework.demand(B, true);
    await offer([host1], 1);
    wokenSince();
    await framework.scheduler.accept([host1.id.value], [taskOn(host1, taskOf(A))]);
    expect(wokenSince()).toEqual([A]);
    await tell(A, taskOf(A), "TASK_RUNNING");
    expect(wokenSince()).toEqual([A]);
    expect(lastKnown(framework.observe(B))?.tasks.size).toBe(0);
    await tell(A, taskOf(A), "TASK_FAILED");
    expect(wokenSince()).toEqual([A]);
  });

  it("asks for offers until the last that waits has gone", async () => {
    await subscribe();
    framework.demand(A, true);
    framework.demand(B, true);
    await master.received("REVIVE");
    const before = master.of("SUPPRESS").length;
    framework.release(A);
    await offer([host1], 1);
    expect(master.of("SUPPRESS").length).toBe(before);
    framework.release(B);
    await master.received("SUPPRESS", before + 1);
  });

  it("lets go of ends that are needed no more: a cluster's with its memory, all now and then", async () => {
    const ended = (key: string, launch = 1) => fakeTask(taskOf(key, launch), "TASK_FAILED");
    // C was deleted, and its end was not let go of before the controller ended.
    await subscribe(ended(A, 1), ended(A, 2), ended(C));
    remember(A, taskOf(A, 2));
    await framework.memoryStored(A);
    expect(forgotten).toEqual([taskOf(A, 1), taskOf(C)]);
    // Something of it still ran.
    await tell(C, taskOf(C, 2), "TASK_RUNNING");
    await tell(C, taskOf(C, 2), "TASK_FAILED");
    await until("its end on disk", () => stored.includes(`${taskOf(C, 2)} TASK_FAILED`));
    await framework.memoryStored(A);
    expect(forgotten).toHaveLength(2);
    clock.advance(TEN_MINUTES_MS);
    await framework.memoryStored(A);
    expect(forgotten).toEqual([taskOf(A, 1), taskOf(C), taskOf(C, 2)]);
  });
});
