/** What the store keeps, shows and lets go of. */
import { describe, expect, it } from "vitest";
import type { TaskStatus } from "../../../controller/mesos/wire.ts";
import type { ObservedTask } from "../../../controller/model/observed.ts";
import { captured, capturedStatuses, statusesOf } from "../../support/mesos/captures.ts";
import { StoreBench } from "../../support/mesos/store-bench.ts";
import { fakeTask } from "../../support/planner/fixtures.ts";

const [A, B, C] = ["default/a", "default/b", "default/c"] as const;
const A1 = "default.a.00000000.0.1";
const A2 = "default.a.00000000.0.2";
const B1 = "default.b.00000000.0.1";
const ALIEN = "somebody's";
const HOUR_MS = 60 * 60 * 1000;
const TEN_MINUTES_MS = HOUR_MS / 6;

const [, running, reconciled, , failed] = capturedStatuses("docker-task-all-updates") as [
  TaskStatus,
  TaskStatus,
  TaskStatus,
  TaskStatus,
  TaskStatus,
];
const captive = running.task_id.value;
const ended = (taskId: string): ObservedTask => fakeTask(taskId, "TASK_FAILED");

function status(taskId: string, state: TaskStatus["state"]): TaskStatus {
  return { task_id: { value: taskId }, agent_id: { value: "agent" }, state };
}

function idsOf(bench: StoreBench, cluster: string): string[] {
  return [...bench.store.tasksOf(cluster).keys()];
}

describe("orphans, which no slot has", () => {
  it("are seen while they live, so that they can be adopted or killed", () => {
    const bench = new StoreBench();
    bench.take(reconciled);
    expect(bench.store.get(captive)?.state).toBe("TASK_RUNNING");
  });

  it("are not brought back by late copies of their end or by TASK_UNKNOWN", () => {
    const bench = new StoreBench();
    for (const late of [failed, ...statusesOf(captured("reconcile-unknown-PA"))]) {
      expect(bench.take(late)).toEqual([{ task: null, changed: false }]);
    }
    expect(bench.store.open()).toEqual([]);
    expect(bench.store.get(captive)).toBeUndefined();
  });

  it("go with their files an hour after their end; those that live or that a slot has stay", async () => {
    const bench = new StoreBench(new Set([captive]));
    bench.take(running, failed, status("lives", "TASK_RUNNING"), status("lost", "TASK_RUNNING"));
    bench.take(status("lost", "TASK_UNKNOWN"));
    bench.clock.advance(2 * HOUR_MS);
    await bench.store.pruneOrphans();
    expect(bench.removed).toEqual(["lost"]);
    bench.inSlots.clear();
    await bench.store.pruneOrphans();
    expect(bench.removed).toEqual(["lost", captive]);
    expect(bench.store.open().map(({ taskId }) => taskId)).toEqual(["lives"]);
  });

  it("stay for that hour", async () => {
    const bench = new StoreBench(new Set([captive]));
    bench.take(running, failed);
    bench.inSlots.clear();
    bench.clock.advance(HOUR_MS);
    await bench.store.pruneOrphans();
    expect(bench.store.get(captive)?.state).toBe("TASK_FAILED");
  });
});

describe("what a cluster sees", () => {
  it("is its own tasks, in a map that others' tasks leave as it is", async () => {
    const bench = new StoreBench();
    const { store } = bench;
    store.stage(A1, "agent");
    const before = store.tasksOf(A);
    store.stage("default.a-b.00000000.0.1", "agent");
    store.stage(ALIEN, "agent");
    expect(store.tasksOf(A)).toBe(before);
    expect(idsOf(bench, "default/a-b")).toEqual(["default.a-b.00000000.0.1"]);
    bench.take(status(A1, "TASK_RUNNING"));
    expect(store.tasksOf(A).get(A1)?.state).toBe("TASK_RUNNING");
    expect(before.get(A1)?.state).toBe("TASK_STAGING");
    bench.take(status(A1, "TASK_FAILED"));
    await store.prune(A);
    expect(store.tasksOf(A).size).toBe(0);
    expect(store.get(ALIEN)?.state).toBe("TASK_STAGING");
  });

  it("is the same map until something changes, and whoever waits is told of each change", () => {
    const bench = new StoreBench();
    bench.take(status(A1, "TASK_RUNNING"));
    const before = bench.store.tasksOf(A);
    bench.take(status(A1, "TASK_RUNNING"));
    expect(bench.store.tasksOf(A)).toBe(before);
    expect(bench.changed).toEqual([A1]);
    bench.take(status(A1, "TASK_FAILED"));
    expect(bench.store.tasksOf(A)).not.toBe(before);
    expect(bench.changed).toEqual([A1, A1]);
  });
});

describe("after a start", () => {
  it("the ends that were stored are believed, each by its cluster alone", () => {
    const bench = new StoreBench(new Set(), [ended(A1), ended(B1), ended(ALIEN)]);
    expect([A, B, C].map((cluster) => idsOf(bench, cluster))).toEqual([[A1], [B1], []]);
    expect(bench.store.get(ALIEN)).toEqual(ended(ALIEN));
  });

  it("a task that had not ended is not seen before Mesos has told of it", () => {
    const bench = new StoreBench(new Set([A1]), [fakeTask(A1, "TASK_RUNNING")]);
    expect(idsOf(bench, A)).toEqual([]);
    expect(bench.store.intended()).toEqual([{ taskId: A1, agentId: "agent" }]);
    bench.take(status(A1, "TASK_STARTING"));
    expect(bench.store.get(A1)?.state).toBe("TASK_STARTING");
  });

  it("one that no slot has is shown and asked for, from the subscription that asks on", () => {
    const lived = [A1, A2, B1].map((taskId) => fakeTask(taskId, "TASK_RUNNING"));
    const bench = new StoreBench(new Set([A2]), lived);
    bench.store.recallOrphans();
    expect([A, B].map((cluster) => idsOf(bench, cluster))).toEqual([[A1], [B1]]);
    expect(bench.changed).toEqual([A1, B1]);
    expect(bench.store.open().map(({ taskId }) => taskId)).toEqual([A1, B1]);
    bench.take(status(A1, "TASK_GONE"), status(B1, "TASK_UNREACHABLE"));
    bench.store.recallOrphans();
    expect(bench.store.get(A1)?.state).toBe("TASK_GONE");
    expect(bench.store.open().map(({ taskId }) => taskId)).toEqual([B1]);
  });

  it("a stored end gives way to what Mesos had taken for gone and finds again", () => {
    const bench = new StoreBench(new Set([A1]), [fakeTask(A1, "TASK_GONE")]);
    expect(bench.store.intended()).toEqual([]);
    bench.take(status(A1, "TASK_RUNNING"));
    expect(bench.store.get(A1)?.state).toBe("TASK_RUNNING");
    expect(bench.store.intended()).toHaveLength(1);
  });

  it("a stored end that an executor told stands, whatever comes late", () => {
    const bench = new StoreBench(new Set([A1]), [ended(A1)]);
    bench.take(status(A1, "TASK_RUNNING"));
    expect(bench.store.get(A1)).toEqual(ended(A1));
  });
});

describe("the tasks that Mesos is asked for", () => {
  it("are those that a slot has and whose end is not known", () => {
    const bench = new StoreBench(new Set([A2]), [ended(A1), ended(B1)]);
    expect(bench.store.intended()).toEqual([{ taskId: A2, agentId: "agent" }]);
    bench.take(status(A2, "TASK_GONE"));
    expect(bench.store.intended()).toEqual([]);
    bench.take(status(A2, "TASK_RUNNING"));
    expect(bench.store.intended()).toHaveLength(1);
  });

  it("and those that were heard of: the lost ones slowly, all that live now and then", () => {
    const bench = new StoreBench();
    bench.take(status(A1, "TASK_RUNNING"), status(B1, "TASK_LOST"));
    expect(bench.store.open().map(({ taskId }) => taskId)).toEqual([A1, B1]);
    expect(bench.store.doubtful().map(({ taskId }) => taskId)).toEqual([B1]);
  });
});

describe("what is let go of when a cluster's memory is stored", () => {
  it("is what its slots no longer have; of others' it is looked for every ten minutes", async () => {
    const bench = new StoreBench(new Set([A2, B1]), [ended(A1), ended(B1), ended(ALIEN)]);
    await bench.store.prune(A);
    expect(bench.removed).toEqual([A1, ALIEN]);
    bench.inSlots.delete(B1);
    await bench.store.prune(A);
    expect(bench.removed).toHaveLength(2);
    bench.clock.advance(TEN_MINUTES_MS);
    await bench.store.prune(A);
    expect(bench.removed).toEqual([A1, ALIEN, B1]);
    expect(bench.changed).toEqual([A1, ALIEN, B1]);
  });

  it("is no end that a slot has not taken in yet", async () => {
    const bench = new StoreBench(new Set([A1]), [ended(A1)]);
    await bench.store.prune(A);
    expect(bench.removed).toEqual([]);
    expect(idsOf(bench, A)).toEqual([A1]);
  });

  it("is no task that was running before the start, until Mesos has told of its end", async () => {
    const bench = new StoreBench(new Set(), [fakeTask(A1, "TASK_RUNNING")]);
    await bench.store.prune(A);
    bench.store.recallOrphans();
    bench.clock.advance(TEN_MINUTES_MS);
    await bench.store.prune(A);
    expect(bench.removed).toEqual([]);
    bench.take(status(A1, "TASK_GONE"));
    await bench.store.prune(A);
    expect(bench.removed).toEqual([A1]);
  });

  it("is not written again by a save that was still waiting", async () => {
    const bench = new StoreBench(new Set([A1]));
    bench.take(status(A1, "TASK_RUNNING"), status(A1, "TASK_FAILED"));
    bench.inSlots.clear();
    await bench.store.prune(A);
    await bench.store.save(ended(A1));
    expect([bench.removed, bench.saved]).toEqual([[A1], []]);
  });

  it("stays away from the next start too when its file could not be removed", async () => {
    const bench = new StoreBench(new Set(), [ended(A1)]);
    bench.beforeFile = () => Promise.reject(new Error("read-only"));
    await expect(bench.store.prune(A)).rejects.toThrow("read-only");
    expect(idsOf(bench, A)).toEqual([]);
  });
});

describe("a launch", () => {
  it("never uses an id twice, not even one whose end was stored before the start", () => {
    const bench = new StoreBench(new Set(), [ended(A1)]);
    bench.store.stage(A2, "agent");
    for (const used of [A1, A2]) {
      expect(() => bench.store.stage(used, "agent")).toThrow(/second time/);
    }
  });
});
