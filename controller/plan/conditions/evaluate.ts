/** Every condition is evaluated on every reconcile, `Unknown` included; each by one policy. */
import { type Condition, CONDITION_TYPES, type ConditionType } from "../../model/resource.ts";
import type { HeldCondition } from "../../model/held-conditions.ts";
import type { PlanInput } from "../input.ts";
import { timestamp } from "../timestamp.ts";
import { degraded } from "./degraded.ts";
import { evaluatePolicies } from "./policies.ts";
import type { ConditionContext, ConditionResult } from "./policy.ts";
import { progressing } from "./progressing.ts";
import { ready } from "./ready.ts";

/** What did not change stays the same object: whoever compares need not look into it. */
export function evaluateConditions(context: ConditionContext): readonly Condition[] {
  const { input } = context;
  const { conditions, resumed } = input.memory;
  const results = evaluateAll(context);
  const before = new Map(conditions.map((c) => [c.type, c]));
  const held = new Map((isOver(input) ? null : resumed)?.held.map((c) => [c.type, c]));
  const next = CONDITION_TYPES.map((type) =>
    merged(type, { before: before.get(type), held: held.get(type) }, results[type], input),
  );
  const changed = next.length !== conditions.length || next.some((c, i) => c !== conditions[i]);
  return changed ? next : conditions;
}

function evaluateAll(context: ConditionContext): Readonly<Record<ConditionType, ConditionResult>> {
  const results = evaluatePolicies(context);
  const Ready = ready.evaluate(context, results);
  return {
    ...results,
    Ready,
    Progressing: progressing.evaluate(context, Ready, results.AllMembersUpdated),
    Degraded: degraded.evaluate(context, Ready),
  };
}

function isOver({ now, memory: { resumed } }: PlanInput): boolean {
  return resumed !== null && now >= resumed.until;
}

/** A transition is a change of status only; reason and message may follow without one. */
function merged(
  type: ConditionType,
  { before, held }: { before: Condition | undefined; held: HeldCondition | undefined },
  { status, reason, message }: ConditionResult,
  { now, memory: { generation } }: PlanInput,
): Condition {
  const kept = before?.status === status ? before : null;
  const since = held?.status === status ? held : kept;
  const lastTransitionTime = since?.lastTransitionTime ?? timestamp(now);
  const same =
    kept?.reason === reason &&
    kept.message === message &&
    kept.lastTransitionTime === lastTransitionTime;
  if (same && kept.observedGeneration === generation) return kept;
  return { type, status, reason, message, lastTransitionTime, observedGeneration: generation };
}
