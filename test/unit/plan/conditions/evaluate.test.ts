/** What all conditions have in common: their order, their times, and what stays the same object. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type Condition,
  CONDITION_TYPES,
  type ConditionType,
} from "../../../../controller/model/resource.ts";
import { conditionPolicy } from "../../../../controller/plan/conditions/policy.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { timestamp } from "../../../../controller/plan/timestamp.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory, T0 } from "../../../support/planner/fixtures.ts";
import { changeSpec, type PlannerRun, readyRun } from "../../../support/planner/run.ts";

const LATER_MS = 5_000;

function decide({ memory, world, now }: PlannerRun, observed = world.observed()): Plan {
  return plan({ memory, observed, now: now + LATER_MS, defaultImage: "image" });
}

function find(conditions: readonly Condition[], type: ConditionType): Condition {
  const found = conditions.find((c) => c.type === type);
  if (found === undefined) throw new Error(`${type} is not among the conditions`);
  return found;
}

describe("the conditions", () => {
  it("are all there from the first reconcile on, the summaries first", () => {
    const observed = new FakeWorld("172.30.0.10").observed();
    const { status } = plan({ memory: fakeMemory(), observed, now: T0, defaultImage: "image" });
    expect(status.conditions.map((c) => c.type)).toEqual([
      ...["Ready", "Progressing", "Degraded"],
      ...["SpecValid", "StateStored", "FrameworkRegistered", "Suspended"],
      ...["Quorate", "AllMembersReady", "AllMembersUpdated", "Recovering"],
      ...["SpaceAvailable", "BackupReady"],
      ...["JupyterReady", "ProxyReady", "SSHReady", "StorageReady"],
    ]);
    for (const { lastTransitionTime, observedGeneration } of status.conditions) {
      expect([lastTransitionTime, observedGeneration]).toEqual([timestamp(T0), 1]);
    }
  });

  it("are the same list, of the same objects, while nothing in them changes", () => {
    const run = readyRun();
    const { memory, status } = decide(run);
    expect(memory.conditions).toBe(run.memory.conditions);
    expect(status.conditions).toBe(run.memory.conditions);
  });

  it("keep the objects of those that did not change beside one that did", () => {
    const run = readyRun();
    const gone = { ready: false, message: "not mounted" };
    const { conditions } = decide(
      run,
      changeAgents(run.world.observed(), () => ({ storage: gone })),
    ).memory;
    expect(find(conditions, "StorageReady").status).toBe("False");
    expect(find(conditions, "Quorate")).toBe(find(run.memory.conditions, "Quorate"));
  });

  it("tell the time of a change of status", () => {
    const run = readyRun();
    changeSpec(run, { suspend: true });
    const { lastTransitionTime } = find(decide(run).memory.conditions, "Ready");
    expect(lastTransitionTime).toBe(timestamp(run.now + LATER_MS));
  });

  it("keep that time when only the reason or the message changes", () => {
    const run = readyRun();
    const before = find(run.memory.conditions, "Ready");
    const storage = { ready: false, message: "not mounted" };
    const messages = ["once", "twice"].map((message) => {
      const observed = changeAgents(run.world.observed(), () => ({
        storage: { ...storage, message },
      }));
      run.memory = decide(run, observed).memory;
      run.now += LATER_MS;
      return find(run.memory.conditions, "StorageReady");
    });
    expect(messages[0]?.message).not.toBe(messages[1]?.message);
    expect(messages[0]?.lastTransitionTime).toBe(messages[1]?.lastTransitionTime);
    expect(before.lastTransitionTime).not.toBe(messages[0]?.lastTransitionTime);
  });

  it("name the generation of the spec that they were evaluated for", () => {
    const run = readyRun();
    run.memory = { ...run.memory, generation: 7 };
    const { conditions } = decide(run).memory;
    expect(new Set(conditions.map((c) => c.observedGeneration))).toEqual(new Set([7]));
  });

  it("lose one that an earlier version knew and this one does not", () => {
    const run = readyRun();
    const { conditions } = run.memory;
    const retired = { ...find(conditions, "Ready"), type: "Retired" as ConditionType };
    run.memory = { ...run.memory, conditions: [...conditions, retired] };
    expect(decide(run).memory.conditions).toEqual(conditions);
  });
});

describe("a condition", () => {
  const tests = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(`${import.meta.dirname}/${name}`, "utf8"));

  it.each(CONDITION_TYPES)("%s has a table of its own, in which each reason has a row", (type) => {
    expect(tests.filter((text) => text.includes(`\nconditionTable("${type}", `))).toHaveLength(1);
  });

  it("gives no reason but those that its policy declares", () => {
    const policy = conditionPolicy({ Known: "True" }, () => ({
      // @ts-expect-error: a mistyped reason does not compile.
      reason: "Knwon",
      message: "",
    }));
    expect(Object.keys(policy.reasons)).toEqual(["Known"]);
  });
});
