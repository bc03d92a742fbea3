/** What each cluster sees of the ends that Mesos has told, and who may forget them. */
import { beforeEach, describe, expect, it } from "vitest";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import {
  fresh,
  type ObservedMesos,
  type ObservedTask,
} from "../../../controller/model/observed.ts";
import { TaskLedger } from "../../../controller/observe/task-ledger.ts";
import { fakeMemory, fakeTask } from "../../support/planner/fixtures.ts";

const A1 = "default.a.00000000.0.1";
const A2 = "default.a.00000000.0.2";
const B1 = "default.b.00000000.0.1";
const ALIEN = "somebody's";

const ended = (taskId: string): ObservedTask => fakeTask(taskId, "TASK_FAILED");

/** A cluster's memory in which slot 0 has this task. */
function memoryWith(taskId: string): ClusterMemory {
  return { ...fakeMemory(), slots: [{ slot: 0, task: { taskId, agentId: "agent-1" } }] } as never;
}

function mesos(...tasks: readonly ObservedTask[]) {
  const value: ObservedMesos = {
    frameworkId: "framework",
    reconciled: true,
    tasks: new Map(tasks.map((task) => [task.taskId, task])),
    offers: [],
  };
  return fresh(value);
}

let forgotten: string[];
let dropped: string[];
let ledger: TaskLedger;
const scheduler = { forget: (taskId: string) => void dropped.push(taskId) };

function ledgerOf(...stored: readonly ObservedTask[]): TaskLedger {
  const book = {
    saveTask: async () => undefined,
    forgetTask: async (taskId: string) => void forgotten.push(taskId),
  };
  return new TaskLedger(book, new Map(stored.map((task) => [task.taskId, task])));
}

function endsSeenBy(cluster: string): string[] {
  const source = ledger.complete(cluster, mesos());
  return source.freshness === "unknown" ? [] : [...source.value.tasks.keys()];
}

beforeEach(() => {
  forgotten = [];
  dropped = [];
  ledger = ledgerOf(ended(A1), ended(B1), ended(ALIEN));
});

describe("the ledger", () => {
  it("adds to what Mesos says of a cluster the ends of that cluster's tasks alone", () => {
    expect(endsSeenBy("default/a")).toEqual([A1]);
    expect(endsSeenBy("default/b")).toEqual([B1]);
  });

  it("lets what Mesos says now win over an end that was stored", () => {
    const source = ledger.complete("default/a", mesos(fakeTask(A1, "TASK_RUNNING")));
    expect(source).toMatchObject({ value: { tasks: new Map([[A1, { state: "TASK_RUNNING" }]]) } });
  });

  it("hands on the source as it is where nothing has ended", () => {
    const source = mesos();
    expect(ledger.complete("default/c", source)).toBe(source);
  });

  it("forgets what its cluster's slots no longer have, and touches no other cluster's", async () => {
    await ledger.prune("default/a", memoryWith(A2), scheduler);
    expect([forgotten, dropped]).toEqual([[A1], [A1]]);
    expect(endsSeenBy("default/b")).toEqual([B1]);
  });

  it("keeps an end that a slot has not taken in yet", async () => {
    await ledger.prune("default/a", memoryWith(A1), scheduler);
    expect(forgotten).toEqual([]);
  });

  it("forgets what is left of clusters that are gone when it is told to look at all", async () => {
    await ledger.pruneAll(new Map([["default/a", memoryWith(A1)]]), scheduler);
    expect(forgotten.toSorted()).toEqual([B1, ALIEN].toSorted());
  });

  it("takes a task for remembered as long as a slot has it and its end is not known", async () => {
    const memories = new Map([["default/a", memoryWith(A2)]]);
    expect(ledger.remembered(memories)).toEqual([{ taskId: A2, agentId: "agent-1" }]);
    expect([A1, A2, B1, ALIEN].map((id) => ledger.isRemembered(id, memories))).toEqual([
      false,
      true,
      false,
      false,
    ]);
    await ledger.save(ended(A2));
    expect([ledger.remembered(memories), ledger.isRemembered(A2, memories)]).toEqual([[], false]);
    // What Mesos took for gone has come back.
    await ledger.save(fakeTask(A2, "TASK_RUNNING"));
    expect(ledger.isRemembered(A2, memories)).toBe(true);
  });
});
