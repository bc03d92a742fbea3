/**
 * What a step of the planner is. Steps stand in tables (plan.ts) behind their guards, and know of
 * each other only what those before have left in the plan: memory and actions.
 */
import type { Observed } from "../model/observed.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import type { ClusterView } from "./view/cluster-view.ts";

export interface PlanContext {
  readonly observed: Observed;
  /** As of the beginning of the step's table; what steps have changed since is in the plan. */
  readonly view: ClusterView;
}

/** @typeParam Context what the step rests on: the guards before it see to that */
export type Step<Context = PlanContext> = (context: Context, plan: PlanBuilder) => void;

export type Guard = (context: PlanContext, plan: PlanBuilder) => boolean;

type Narrows<C extends PlanContext> = (context: PlanContext, plan: PlanBuilder) => context is C;

/** What is known of the context behind a guard; one that is no type predicate adds nothing. */
type Behind<G> = G extends Narrows<infer C> ? C : PlanContext;

type BehindAll<Guards> = Guards extends readonly [infer First, ...infer Rest]
  ? Behind<First> & BehindAll<Rest>
  : PlanContext;

/** The step is taken while all guards hold; the compiler checks that they are enough for it. */
export function given<const Guards extends readonly Guard[]>(
  guards: Guards,
  step: Step<BehindAll<Guards>>,
): Step {
  return (context, plan) => {
    if (!guards.every((holds) => holds(context, plan))) return;
    // Every guard holds: this is what their types say, which the loop above hides.
    step(context as BehindAll<Guards>, plan);
  };
}

export function not(guard: Guard): Guard {
  return (context, plan) => !guard(context, plan);
}
