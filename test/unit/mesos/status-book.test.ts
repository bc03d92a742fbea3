/** Each row of "what a real master does" that concerns a task, with the captured statuses. */
import { describe, expect, it } from "vitest";
import { StatusBook } from "../../../controller/mesos/tasks/status-book.ts";
import type { TaskStatus } from "../../../controller/mesos/wire.ts";
import { taskEnd } from "../../../controller/model/task-state.ts";
import {
  captured,
  capturedStatus,
  capturedStatuses,
  capturedStream,
  statusesOf,
} from "../../support/mesos/captures.ts";

/** The book after these statuses, one millisecond apart, of a task that is remembered. */
function bookOf(statuses: readonly TaskStatus[], stagedAgent?: string): StatusBook {
  const book = new StatusBook();
  const taskId = statuses[0]?.task_id.value ?? "";
  if (stagedAgent !== undefined) book.stage(taskId, stagedAgent, 0);
  statuses.forEach((status, i) => book.apply(status, true, i + 1));
  return book;
}

function stateAfter(statuses: readonly TaskStatus[], stagedAgent?: string): string | undefined {
  return bookOf(statuses, stagedAgent).get(statuses[0]?.task_id.value ?? "")?.state;
}

const [starting, running, reconciled, , failed] = capturedStatuses("docker-task-all-updates") as [
  TaskStatus,
  TaskStatus,
  TaskStatus,
  TaskStatus,
  TaskStatus,
];
const taskId = running.task_id.value;
const agentId = running.agent_id?.value ?? "";

describe("a Docker task", () => {
  it("has no address of its own before RUNNING, then the one on its network, to the end", () => {
    const ips = [[starting], [starting, running], [starting, running, failed]].map(
      (statuses) => bookOf(statuses).get(taskId)?.ip,
    );
    expect(ips).toEqual([null, "192.168.250.10", "192.168.250.10"]);
  });

  it("takes no agent's address for its own from a health update", () => {
    const [healthy, unhealthy, killed] = [
      "health-healthy",
      "health-unhealthy",
      "health-killed",
    ].map(capturedStatus) as [TaskStatus, TaskStatus, TaskStatus];
    const book = new StatusBook();
    const id = healthy.task_id.value;
    const seen = [healthy, unhealthy, killed].map((status, i) => {
      const { task } = book.apply(status, true, i);
      return [task?.state, task?.healthy, task?.ip];
    });
    expect(seen).toEqual([
      ["TASK_RUNNING", true, null],
      ["TASK_RUNNING", false, null],
      ["TASK_KILLED", false, null],
    ]);
    expect(book.get(id)?.since).toBe(2);
  });

  it("is known by its container's name as soon as an executor reports", () => {
    const container = "mesos-4b17c8b1-3b28-47d3-b610-a82164bc190f";
    expect(bookOf([starting], agentId).get(taskId)).toMatchObject({ container, agentId });
  });

  it("keeps the reason of its end, and the time at which it was first seen", () => {
    expect(bookOf([starting, running, reconciled, failed, failed]).get(taskId)).toMatchObject({
      state: "TASK_FAILED",
      message: "Container exited with status 137",
      since: 4,
    });
  });

  it.each([
    ["docker-killed-task-failed", "TASK_FAILED", "ended"],
    ["docker-run-failed-125", "TASK_FAILED", "ended"],
    ["image-pull-failed", "TASK_FAILED", "ended"],
    ["executor-terminated", "TASK_FAILED", "ended"],
    ["health-killed", "TASK_KILLED", "ended"],
    ["drain", "TASK_KILLED", "ended"],
    ["task-error-resources", "TASK_ERROR", "ended"],
    ["invalid-offer-dropped-PA", "TASK_DROPPED", "ended"],
    ["gone-by-operator", "TASK_GONE_BY_OPERATOR", "ended"],
    ["agent-lost-PA", "TASK_UNREACHABLE", "uncertain"],
    ["agent-lost-nonPA", "TASK_LOST", "uncertain"],
    ["agent-disconnected-noncheckpoint", "TASK_LOST", "uncertain"],
    ["agent-unregistered", "TASK_LOST", "uncertain"],
    ["agent-replaced", "TASK_LOST", "uncertain"],
    ["agent-back-PA", "TASK_RUNNING", "alive"],
  ] as const)("%s leaves %s, which is %s", (name, state, end) => {
    expect(stateAfter(capturedStatuses(name), "agent")).toBe(state);
    expect(taskEnd(state)).toBe(end);
  });

  it("passes through KILLING without losing its address", () => {
    const statuses = capturedStatuses("killing-killed");
    const states = statuses.map((_, i) => {
      const task = bookOf(statuses.slice(0, i + 1)).get("t2");
      return [task?.state, task?.ip];
    });
    expect(states).toEqual([
      ["TASK_STARTING", null],
      ["TASK_RUNNING", "192.168.250.42"],
      ["TASK_KILLING", "192.168.250.42"],
      ["TASK_KILLED", "192.168.250.42"],
    ]);
  });
});

describe("what is not believed", () => {
  it("a copy of an update changes nothing", () => {
    const book = bookOf([starting, running]);
    expect(book.apply(running, true, 9)).toMatchObject({ changed: false });
    expect(book.apply(starting, true, 9).task?.state).toBe("TASK_RUNNING");
  });

  it("a late STARTING does not undo a RUNNING that a reconciliation told", () => {
    expect(stateAfter([reconciled, starting])).toBe("TASK_RUNNING");
  });

  it("a refused second launch does not end the task that runs under the same id", () => {
    const duplicate = capturedStatus("task-error-duplicate-id");
    const t1: TaskStatus = { ...running, task_id: duplicate.task_id };
    expect(stateAfter([t1, duplicate])).toBe("TASK_RUNNING");
    for (const name of ["invalid-offer-dropped-PA", "invalid-offer-lost-nonPA"]) {
      const refusal = { ...capturedStatus(name), task_id: duplicate.task_id };
      expect(stateAfter([t1, refusal])).toBe("TASK_RUNNING");
    }
  });

  it("a refused second launch of a task that has not reported yet is asked about", () => {
    const book = new StatusBook();
    book.stage("t1", "agent", 0);
    const change = book.apply(capturedStatus("task-error-duplicate-id"), true, 1);
    expect(change).toMatchObject({ changed: false, ask: true });
    expect(book.get("t1")?.state).toBe("TASK_STAGING");
  });

  it("TASK_UNKNOWN that was answered without looking at the agent is asked again", () => {
    const [unknown] = capturedStatuses("reconcile-unknown-PA") as [TaskStatus];
    const status = { ...unknown, task_id: running.task_id };
    const change = bookOf([running]).apply(status, true, 5);
    expect(change).toMatchObject({ changed: false, ask: true });
    expect(change.task?.state).toBe("TASK_RUNNING");
  });

  it("nothing brings back a task whose end its executor told", () => {
    for (const late of [running, reconciled, { ...reconciled, state: "TASK_UNKNOWN" as const }]) {
      expect(stateAfter([running, failed, late])).toBe("TASK_FAILED");
    }
  });
});

describe("a task out of sight", () => {
  it("comes back after TASK_UNREACHABLE and after TASK_LOST", () => {
    const back = capturedStatus("agent-back-PA");
    const unreachable = { ...capturedStatuses("agent-lost-PA")[0] } as TaskStatus;
    const lost = { ...capturedStatus("agent-lost-nonPA"), task_id: back.task_id };
    expect(stateAfter([unreachable, back])).toBe("TASK_RUNNING");
    expect(stateAfter([lost, back])).toBe("TASK_RUNNING");
  });

  it("keeps its address meanwhile", () => {
    const away = { ...reconciled, state: "TASK_UNREACHABLE" as const, container_status: {} };
    expect(bookOf([running, away]).get(taskId)).toMatchObject({
      state: "TASK_UNREACHABLE",
      ip: "192.168.250.10",
    });
  });

  it("is seen by a repeated update too, and is as far as it was", () => {
    const away: TaskStatus = { ...reconciled, state: "TASK_UNREACHABLE" };
    expect(stateAfter([starting, running, away, starting])).toBe("TASK_RUNNING");
  });

  it("is gone when its agent is there and does not know it, and is back if it runs after all", () => {
    const gone = { ...reconciled, state: "TASK_GONE" as const };
    expect(stateAfter([running, gone])).toBe("TASK_GONE");
    const back = { ...capturedStatus("agent-back-PA"), task_id: running.task_id };
    expect(stateAfter([running, gone, back])).toBe("TASK_RUNNING");
  });
});

describe("whole streams of a real master", () => {
  it("a master that restarted with an empty registry: unknown, then running, unreachable, running", () => {
    const book = new StatusBook();
    const states = statusesOf(capturedStream("master-restart"))
      .map((status, i) => book.apply(status, true, i))
      .flatMap(({ changed, task }) => (changed ? task?.state : []));
    expect(states).toEqual(["TASK_UNKNOWN", "TASK_RUNNING", "TASK_UNREACHABLE", "TASK_RUNNING"]);
  });

  it("an agent out of sight: the answer without agent id does not count", () => {
    const book = new StatusBook();
    const states = statusesOf(capturedStream("unreachable-reconcile"))
      .map((status, i) => book.apply(status, true, i))
      .flatMap(({ changed, task }) => (changed ? task?.state : []));
    expect(states).toEqual([
      "TASK_STARTING",
      "TASK_RUNNING",
      "TASK_UNREACHABLE",
      "TASK_RUNNING",
      "TASK_KILLED",
    ]);
  });

  it("a second launch under an id that runs: the first one stays RUNNING", () => {
    const statuses = statusesOf(capturedStream("failover-first-scheduler"));
    expect(statuses.at(-1)?.state).toBe("TASK_ERROR");
    expect(stateAfter(statuses)).toBe("TASK_RUNNING");
  });
});

describe("tasks that nobody remembers", () => {
  it("are visible while they live, so that they can be adopted or killed", () => {
    const book = new StatusBook();
    book.apply(reconciled, false, 0);
    expect(book.tasks().get(taskId)?.state).toBe("TASK_RUNNING");
  });

  it("are not brought back by late copies of their end or by TASK_UNKNOWN", () => {
    const book = new StatusBook();
    for (const status of [failed, ...statusesOf(captured("reconcile-unknown-PA"))]) {
      expect(book.apply(status, false, 0)).toEqual({ task: null, changed: false });
    }
    expect(book.tasks().size).toBe(0);
  });

  it("go an hour after their end; those that live or are remembered stay", () => {
    const hour = 60 * 60 * 1000;
    const book = bookOf([running, failed]);
    const other = { ...reconciled, task_id: { value: "other" } };
    book.apply(other, false, 0);
    book.prune((id) => id === taskId, 2 * hour);
    expect([...book.tasks().keys()]).toEqual([taskId, "other"]);
    book.prune(() => false, hour);
    expect(book.tasks().size).toBe(2);
    book.prune(() => false, 2 * hour);
    expect([...book.tasks().keys()]).toEqual(["other"]);
  });
});

describe("the book", () => {
  it("refuses to use a task id twice", () => {
    const book = bookOf([running]);
    expect(() => book.stage(taskId, agentId, 0)).toThrow(/second time/);
  });

  it("hands out the same map until something changes", () => {
    const book = bookOf([running]);
    const before = book.tasks();
    book.apply(reconciled, true, 7);
    expect(book.tasks()).toBe(before);
    book.apply(failed, true, 8);
    expect(book.tasks()).not.toBe(before);
    expect(before.get(taskId)?.state).toBe("TASK_RUNNING");
  });

  it("shows each cluster its own tasks, in a map that others' tasks leave as it is", () => {
    const book = new StatusBook();
    const [mine, other] = ["default.a.00000000.0.1", "default.a-b.00000000.0.1"];
    book.stage(mine, agentId, 0);
    const before = book.tasksOf("default/a");
    book.stage(other, agentId, 1);
    book.stage("nobody's", agentId, 1);
    expect(book.tasksOf("default/a")).toBe(before);
    expect([...book.tasksOf("default/a-b").keys()]).toEqual([other]);
    book.apply({ task_id: { value: mine }, state: "TASK_RUNNING" }, true, 2);
    expect(book.tasksOf("default/a").get(mine)?.state).toBe("TASK_RUNNING");
    expect(before.get(mine)?.state).toBe("TASK_STAGING");
    book.forget(mine);
    expect(book.tasksOf("default/a").size).toBe(0);
    expect(book.tasks().size).toBe(2);
  });

  it("knows a launch on an offer that is gone as never launched, whatever the master calls it", () => {
    const lost = capturedStatus("invalid-offer-lost-nonPA");
    expect(stateAfter([lost], "agent")).toBe("TASK_DROPPED");
  });
});
