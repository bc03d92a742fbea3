import { describe, expect, test } from "vitest";
import type { TaskInfo } from "../../../../controller/mesos/wire.ts";
import { decideAccept } from "../../../../controller/mesos-local/master/accept.ts";
import { taskInfo } from "../../../support/mesos-local/fixtures.ts";

const PORTS = [{ begin: 31_010, end: 31_010 }];

const OFFERS = new Map(
  [
    { id: "O1", frameworkId: "f", agentId: "agent-1", cpus: 1 },
    { id: "O2", frameworkId: "f", agentId: "agent-1", cpus: 0.5 },
    { id: "O3", frameworkId: "f", agentId: "agent-2", cpus: 1 },
    { id: "O4", frameworkId: "other", agentId: "agent-1", cpus: 1 },
  ].map(({ cpus, ...offer }) => [
    offer.id,
    { ...offer, amounts: { cpus, mem: 64, disk: 0, ports: PORTS } },
  ]),
);

function decide(offerIds: readonly string[], tasks: readonly TaskInfo[]) {
  return decideAccept({
    frameworkId: "f",
    role: "*",
    offerIds,
    tasks,
    offer: (id) => OFFERS.get(id),
    isKnownTask: (id) => id === "running",
    forbidden: (task) => (task.task_id.value === "evil" ? "Not allowed" : null),
  });
}

describe("offers that are not valid drop all tasks", () => {
  test.each([
    ["none at all", [], "No offers specified"],
    ["one that is gone", ["O9"], "Offer O9 is no longer valid"],
    ["one that is gone among good ones", ["O1", "O9"], "Offer O9 is no longer valid"],
    ["one twice", ["O1", "O1"], "Duplicate offer O1 in offer list"],
    [
      "another framework's",
      ["O4"],
      "Offer O4 has invalid framework other while framework f is expected",
    ],
    [
      "two agents'",
      ["O1", "O3"],
      "Aggregated offers must belong to one single agent. Offer O3 uses agent agent-2 and agent agent-1",
    ],
  ])("%s", (_name, offerIds, message) => {
    const decision = decide(offerIds, [taskInfo("t")]);
    expect(decision).toEqual({ kind: "invalid-offers", message });
  });
});

describe("a task is refused", () => {
  const cases: [string, TaskInfo, string][] = [
    [
      "that wants more than there is",
      taskInfo("t", { cpus: 100 }),
      "Total resources cpus(allocated: *):100; mem(allocated: *):32 required by task and its executor is more than available ports(allocated: *):[31010-31010]; cpus(allocated: *):1; mem(allocated: *):64",
    ],
    ["that the framework may not have", taskInfo("evil"), "Not allowed"],
    ["whose id runs already", taskInfo("running"), "Task has duplicate ID: running"],
    [
      "for another agent",
      taskInfo("t", { agentId: "agent-2" }),
      "Task uses invalid agent agent-2 while agent agent-1 is expected",
    ],
    ["with a slash in its id", taskInfo("a/b"), "'a/b' contains invalid characters"],
    ["with an empty id", taskInfo(""), "ID must not be empty"],
    ["without resources", { ...taskInfo("t"), resources: [] }, "Task uses no resources"],
    [
      "with a kind of resource that is not offered",
      { ...taskInfo("t"), resources: [{ name: "gpus", type: "SCALAR", scalar: { value: 1 } }] },
      "Task uses invalid resources: Resource 'gpus' is not offered by this agent",
    ],
    [
      "with a negative grace",
      taskInfo("t", { killGraceSeconds: -1 }),
      "Task's 'kill_policy.grace_period' must be non-negative",
    ],
    [
      "with something a real agent does and this one does not",
      { ...taskInfo("t"), health_check: { type: "TCP" } },
      "The embedded Mesos does not support 'health_check'",
    ],
  ];
  test.each(cases)("%s", (_name, task, error) => {
    const decision = decide(["O1"], [task]);
    expect(decision).toMatchObject({ kind: "valid", verdicts: [{ error }] });
  });

  test("when those before it have used the offer up, and those after it are not", () => {
    const tasks = [taskInfo("a", { cpus: 0.8 }), taskInfo("b", { cpus: 0.8 }), taskInfo("c")];
    const decision = decide(["O1"], tasks);
    if (decision.kind !== "valid") throw new Error(decision.message);
    expect(decision.verdicts.map(({ error }) => error === null)).toEqual([true, false, true]);
  });

  test("that comes twice in one call, the second time", () => {
    const decision = decide(["O1"], [taskInfo("a"), taskInfo("a")]);
    if (decision.kind !== "valid") throw new Error(decision.message);
    expect(decision.verdicts.map(({ error }) => error)).toEqual([null, "Task has duplicate ID: a"]);
  });
});

test("several offers of one agent are one pool, and its rest is told", () => {
  const decision = decide(["O1", "O2"], [taskInfo("t", { cpus: 1.2 })]);
  expect(decision).toMatchObject({
    kind: "valid",
    agentId: "agent-1",
    verdicts: [{ error: null }],
    rest: { cpus: 0.3, mem: 96, ports: PORTS },
  });
});
