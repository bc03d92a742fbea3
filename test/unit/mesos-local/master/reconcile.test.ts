import { describe, expect, test } from "vitest";
import type { TaskState } from "../../../../controller/mesos/wire.ts";
import type { TaskRecord } from "../../../../controller/mesos-local/master/model.ts";
import { type AgentState, reconcile } from "../../../../controller/mesos-local/master/reconcile.ts";
import { taskRecord } from "../../../support/mesos-local/fixtures.ts";

const NOW = 1_700_000_000_000;

function reported(id: string, state: TaskState): TaskRecord {
  return { ...taskRecord(id), state, reported: { task_id: { value: id }, state } };
}

function ask(
  tasks: readonly TaskRecord[],
  requested: readonly [string, string?][],
  agent: AgentState,
  partitionAware = true,
) {
  return reconcile({
    requested: requested.map(([task, on]) => ({
      task_id: { value: task },
      ...(on === undefined ? {} : { agent_id: { value: on } }),
    })),
    partitionAware,
    tasks: new Map(tasks.map((task) => [task.info.task_id.value, task])),
    agents: new Map([["agent-1", agent]]),
    now: NOW,
  });
}

describe("asked for one task, the master answers", () => {
  const running = reported("t", "TASK_RUNNING");
  const lost = { ...running, unreachableSince: NOW - 1000 };
  test.each<[string, readonly TaskRecord[], [string, string?], AgentState, TaskState | null]>([
    ["its latest state", [running], ["t", "agent-1"], "registered", "TASK_RUNNING"],
    ["its latest state without an agent", [running], ["t"], "registered", "TASK_RUNNING"],
    ["STAGING before any update", [taskRecord("t")], ["t"], "registered", "TASK_STAGING"],
    ["GONE of what its agent does not know", [], ["t", "agent-1"], "registered", "TASK_GONE"],
    ["UNKNOWN of another agent", [], ["t", "agent-9"], "registered", "TASK_UNKNOWN"],
    ["UNKNOWN without an agent", [], ["t"], "registered", "TASK_UNKNOWN"],
    ["nothing before the agent is back", [running], ["t", "agent-1"], "recovering", null],
    ["nothing of a task on an agent not yet back", [], ["t", "agent-1"], "recovering", null],
    ["UNREACHABLE", [lost], ["t", "agent-1"], "unreachable", "TASK_UNREACHABLE"],
    [
      "UNKNOWN of an unreachable one asked without agent",
      [lost],
      ["t"],
      "unreachable",
      "TASK_UNKNOWN",
    ],
  ])("%s", (_name, tasks, request, agent, state) => {
    const [answer] = ask(tasks, [request], agent);
    expect(answer?.state ?? null).toBe(state);
    expect(answer?.uuid).toBeUndefined();
  });

  test("LOST to a framework that is not partition aware", () => {
    const states = [
      ...ask([], [["t"]], "registered", false),
      ...ask([], [["t", "agent-1"]], "registered", false),
      ...ask([lost], [["t", "agent-1"]], "unreachable", false),
    ].map(({ state }) => state);
    expect(states).toEqual(["TASK_LOST", "TASK_LOST", "TASK_LOST"]);
  });

  test("what the scheduler was told, not what it has yet to hear", () => {
    const withheld = { ...reported("t", "TASK_STARTING"), state: "TASK_FAILED" as const };
    expect(ask([withheld], [["t"]], "registered")[0]?.state).toBe("TASK_STARTING");
  });
});

describe("asked for everything", () => {
  test("it tells what is not over", () => {
    const tasks = [reported("a", "TASK_RUNNING"), reported("b", "TASK_FAILED"), taskRecord("c")];
    const answers = ask(tasks, [], "registered").map((s) => `${s.task_id.value} ${s.state}`);
    expect(answers).toEqual(["a TASK_RUNNING", "c TASK_STAGING"]);
  });

  test.each<AgentState>(["recovering", "unreachable"])("it is silent of %s agents", (agent) => {
    expect(ask([reported("a", "TASK_RUNNING")], [], agent)).toEqual([]);
  });
});
