/** Makes a way to a broken rule shorter, as long as it still leads there. */
import { type Move, movesOf, type Scope, take } from "./steps.ts";

/** @returns what happened, in words, up to the step that breaks the rule */
export function shortest(way: readonly Move[], rule: string, scope: Scope): readonly string[] {
  let best = way.map((m) => m.id);
  for (let at = best.length - 2; at >= 0; at--) {
    const without = best.toSpliced(at, 1);
    if (follow(without, rule, scope) !== null) best = without;
  }
  return follow(best, rule, scope) ?? way.map((m) => m.name);
}

/** Null: it does not lead there. */
function follow(ids: readonly string[], rule: string, scope: Scope): readonly string[] | null {
  let state = scope.begin();
  const names: string[] = [];
  for (const [i, id] of ids.entries()) {
    const move = movesOf(state, scope).find((m) => m.id === id);
    if (move === undefined) return null;
    names.push(move.name);
    const outcome = take(move, state);
    if (outcome.broken.length > 0) {
      return i === ids.length - 1 && outcome.broken[0]?.rule === rule ? names : null;
    }
    ({ state } = outcome);
  }
  return null;
}
