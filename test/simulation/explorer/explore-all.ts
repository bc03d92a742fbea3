/**
 * All scopes, or a part of them, each within its share of the budget, up to the first violation.
 */
import { SCOPES } from "./scopes.ts";
import { explore, type Violation } from "./search.ts";

export interface AllExplored {
  readonly scopes: number;
  readonly states: number;
  readonly reconciles: number;
  readonly depth: number;
  /** Scopes in which no step was left to take. */
  readonly complete: number;
  readonly violation: Violation | null;
}

export interface AllBudget {
  /** Of the planner, in all scopes of this part together. */
  readonly visitsMax: number;
  readonly seed: number;
  /** Asked before each scope. */
  readonly isOver: () => boolean;
  /** Every n-th scope, beginning with this. */
  readonly part: { readonly of: number; readonly number: number };
}

export const NOTHING_EXPLORED: AllExplored = {
  scopes: 0,
  states: 0,
  reconciles: 0,
  depth: 0,
  complete: 0,
  violation: null,
};

export function exploreAll({ visitsMax, seed, isOver, part }: AllBudget): AllExplored {
  const own = SCOPES.filter((_, i) => i % part.of === part.number);
  const shares = own.reduce((sum, { share }) => sum + share, 0);
  let all = NOTHING_EXPLORED;
  for (const scope of own) {
    if (all.violation !== null || isOver()) break;
    const explored = explore(scope, {
      visitsMax: Math.ceil((visitsMax * scope.share) / shares),
      seed,
    });
    all = sum(all, { ...explored, scopes: 1, complete: explored.complete ? 1 : 0 });
  }
  return all;
}

export function sum(a: AllExplored, b: AllExplored): AllExplored {
  return {
    scopes: a.scopes + b.scopes,
    states: a.states + b.states,
    reconciles: a.reconciles + b.reconciles,
    depth: Math.max(a.depth, b.depth),
    complete: a.complete + b.complete,
    violation: a.violation ?? b.violation,
  };
}
