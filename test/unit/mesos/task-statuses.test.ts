/** Each row of "what a real master does" that concerns a task, with the captured statuses. */
import { describe, expect, it } from "vitest";
import type { TaskStatus } from "../../../controller/mesos/wire.ts";
import { taskEnd } from "../../../controller/model/task-state.ts";
import {
  capturedStatus,
  capturedStatuses,
  capturedStream,
  statusesOf,
} from "../../support/mesos/captures.ts";
import { StoreBench } from "../../support/mesos/store-bench.ts";

/** After these statuses, one millisecond apart, of a task that a slot has. */
function benchAfter(statuses: readonly TaskStatus[], stagedAgent?: string): StoreBench {
  const taskId = statuses[0]?.task_id.value ?? "";
  const bench = new StoreBench(new Set([taskId]));
  if (stagedAgent !== undefined) bench.store.stage(taskId, stagedAgent);
  bench.take(...statuses);
  return bench;
}

function taskAfter(statuses: readonly TaskStatus[], stagedAgent?: string) {
  return benchAfter(statuses, stagedAgent).store.get(statuses[0]?.task_id.value ?? "");
}

function stateAfter(statuses: readonly TaskStatus[], stagedAgent?: string): string | undefined {
  return taskAfter(statuses, stagedAgent)?.state;
}

const [starting, running, reconciled, , failed] = capturedStatuses("docker-task-all-updates") as [
  TaskStatus,
  TaskStatus,
  TaskStatus,
  TaskStatus,
  TaskStatus,
];
const agentId = running.agent_id?.value ?? "";

describe("a Docker task", () => {
  it("has no address of its own before RUNNING, then the one on its network, to the end", () => {
    const ips = [[starting], [starting, running], [starting, running, failed]].map(
      (statuses) => taskAfter(statuses)?.ip,
    );
    expect(ips).toEqual([null, "192.168.250.10", "192.168.250.10"]);
  });

  it("takes no agent's address for its own from a health update", () => {
    const statuses = ["health-healthy", "health-unhealthy", "health-killed"].map(capturedStatus);
    const id = statuses[0]?.task_id.value ?? "";
    const bench = new StoreBench(new Set([id]));
    const seen = bench.take(...statuses).map(({ task }) => [task?.state, task?.healthy, task?.ip]);
    expect(seen).toEqual([
      ["TASK_RUNNING", true, null],
      ["TASK_RUNNING", false, null],
      ["TASK_KILLED", false, null],
    ]);
    expect(bench.store.get(id)?.since).toBe(3);
  });

  it("is known by its container's name as soon as an executor reports", () => {
    const container = "mesos-4b17c8b1-3b28-47d3-b610-a82164bc190f";
    expect(taskAfter([starting], agentId)).toMatchObject({ container, agentId });
  });

  it("keeps the reason of its end, and the time at which it was first seen", () => {
    expect(taskAfter([starting, running, reconciled, failed, failed])).toMatchObject({
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
      const task = taskAfter(statuses.slice(0, i + 1));
      return [task?.state, task?.ip];
    });
    expect(states).toEqual([
      ["TASK_STARTING", null],
      ["TASK_RUNNING", "192.168.250.42"],
      ["TASK_KILLING", "192.168.250.42"],
      ["TASK_KILLED", "192.168.250.42"],
    ]);
  });

  it("was never launched when its offer was gone, whatever the master calls it", () => {
    const lost = capturedStatus("invalid-offer-lost-nonPA");
    expect(stateAfter([lost], "agent")).toBe("TASK_DROPPED");
  });
});

describe("what is not believed", () => {
  it("a copy of an update changes nothing", () => {
    const [again, older] = benchAfter([starting, running]).take(running, starting);
    expect(again).toMatchObject({ changed: false });
    expect(older?.task?.state).toBe("TASK_RUNNING");
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
    const bench = new StoreBench(new Set(["t1"]));
    bench.store.stage("t1", "agent");
    const [change] = bench.take(capturedStatus("task-error-duplicate-id"));
    expect(change).toMatchObject({ changed: false, ask: true });
    expect(bench.store.get("t1")?.state).toBe("TASK_STAGING");
  });

  it("TASK_UNKNOWN that was answered without looking at the agent is asked again", () => {
    const [unknown] = capturedStatuses("reconcile-unknown-PA") as [TaskStatus];
    const status = { ...unknown, task_id: running.task_id };
    const [change] = benchAfter([running]).take(status);
    expect(change).toMatchObject({ changed: false, ask: true });
    expect(change?.task?.state).toBe("TASK_RUNNING");
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
    expect(taskAfter([running, away])).toMatchObject({
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
  function newStatesIn(name: string) {
    const statuses = statusesOf(capturedStream(name));
    const bench = new StoreBench(new Set(statuses.map((status) => status.task_id.value)));
    return bench.take(...statuses).flatMap(({ changed, task }) => (changed ? task?.state : []));
  }

  it("a master that restarted with an empty registry: unknown, then running, unreachable, running", () => {
    expect(newStatesIn("master-restart")).toEqual([
      "TASK_UNKNOWN",
      "TASK_RUNNING",
      "TASK_UNREACHABLE",
      "TASK_RUNNING",
    ]);
  });

  it("an agent out of sight: the answer without agent id does not count", () => {
    expect(newStatesIn("unreachable-reconcile")).toEqual([
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
