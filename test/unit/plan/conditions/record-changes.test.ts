/** Which conditions became another, and what is none. */
import { describe, expect, it } from "vitest";
import type { ConditionChange } from "../../../../controller/model/condition-change.ts";
import type { Condition, ConditionStatus } from "../../../../controller/model/resource.ts";
import {
  CHANGES_MAX,
  recordedChanges,
} from "../../../../controller/plan/conditions/record-changes.ts";

const NOW = 1_000;

const ready = (status: ConditionStatus, message = ""): Condition => ({
  ...{ type: "Ready", status, reason: `Is${status}`, message },
  ...{ lastTransitionTime: "", observedGeneration: 1 },
});

const NONE = { conditionChanges: [], resumed: null };

describe("a change of a condition", () => {
  it("is one of its status, under the next number", () => {
    const before = { ...NONE, conditions: [ready("True")] };
    const changes = recordedChanges(before, [ready("False", "why")], null, NOW);
    const told = { at: NOW, condition: "Ready", from: "True", to: "False" };
    expect(changes).toEqual([{ sequence: 1, ...told, reason: "IsFalse", message: "why" }]);
    const next = { conditions: [ready("False")], conditionChanges: changes, resumed: null };
    const [, second] = recordedChanges(next, [ready("Unknown")], null, NOW);
    expect(second).toMatchObject({ sequence: 2, from: "False", to: "Unknown" });
  });

  it("is not another message, nor the first look at a new cluster", () => {
    const before = { ...NONE, conditions: [ready("True", "one")] };
    expect(recordedChanges(before, [ready("True", "two")], null, NOW)).toBe(NONE.conditionChanges);
    const none = { ...NONE, conditions: [] };
    expect(recordedChanges(none, [ready("False")], null, NOW)).toBe(NONE.conditionChanges);
  });

  it("is not what a controller that begins has not seen yet, and is what is so when it has", () => {
    const held = [{ type: "Ready", status: "True", lastTransitionTime: "" }] as const;
    const resumed = { until: 9_000, held };
    const begun = { conditionChanges: [], conditions: [ready("True")], resumed };
    expect(recordedChanges(begun, [ready("Unknown")], resumed, NOW)).toEqual([]);
    const looking = { ...begun, conditions: [ready("Unknown")] };
    expect(recordedChanges(looking, [ready("True")], null, NOW)).toEqual([]);
    const unchanged = looking.conditions;
    expect(recordedChanges(looking, unchanged, null, NOW)).toMatchObject([
      { from: "True", to: "Unknown" },
    ]);
  });

  it("is remembered among the latest only", () => {
    let changes: readonly ConditionChange[] = [];
    for (let i = 0; i < 2 * CHANGES_MAX; i++) {
      const [from, to] = i % 2 === 0 ? (["True", "False"] as const) : (["False", "True"] as const);
      const before = { conditions: [ready(from)], conditionChanges: changes, resumed: null };
      changes = recordedChanges(before, [ready(to)], null, NOW);
    }
    expect(changes).toHaveLength(CHANGES_MAX);
    expect(changes.at(-1)?.sequence).toBe(2 * CHANGES_MAX);
  });
});
