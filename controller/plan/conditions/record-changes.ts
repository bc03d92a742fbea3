/** Conditions whose status became another, each under a number of its own. Pure. */
import type { ConditionChange } from "../../model/condition-change.ts";
import type { HeldCondition, Resumed } from "../../model/held-conditions.ts";
import type { ClusterMemory } from "../../model/memory.ts";
import type { Condition } from "../../model/resource.ts";

/** What somebody has not been told of by then, he is not told of any more. */
export const CHANGES_MAX = 50;

/**
 * What a controller that begins has not looked at yet is no change; when it has, what the one before had found
 * is what it compares with.
 *
 * @param before as they were stored
 * @param resumed as it is from now on
 */
export function recordedChanges(
  before: Pick<ClusterMemory, "conditions" | "conditionChanges" | "resumed">,
  conditions: readonly Condition[],
  resumed: Resumed | null,
  now: number,
): readonly ConditionChange[] {
  const { conditionChanges } = before;
  if (resumed !== null || (before.conditions === conditions && before.resumed === null)) {
    return conditionChanges;
  }
  const held = new Map<string, HeldCondition>(
    [...before.conditions, ...(before.resumed?.held ?? [])].map((one) => [one.type, one]),
  );
  const first = (conditionChanges.at(-1)?.sequence ?? 0) + 1;
  const changed = conditions.flatMap(({ type, status, reason, message }) => {
    const from = held.get(type)?.status;
    if (from === undefined || from === status) return [];
    return [{ at: now, condition: type, from, to: status, reason, message }];
  });
  if (changed.length === 0) return conditionChanges;
  const numbered = changed.map((change, i) => ({ sequence: first + i, ...change }));
  return [...conditionChanges, ...numbered].slice(-CHANGES_MAX);
}
