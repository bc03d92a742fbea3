/**
 * Tries the commands of what may happen in a small scope. It walks from the beginning again and
 * again, each time by a way that it has not gone yet: far as well as wide, and all ways if the
 * budget lasts. What is one state is known again however it was come by, and no step from it is
 * taken twice.
 */
import { Rng } from "../engine/rng.ts";
import type { BrokenRule } from "../rules/sight.ts";
import { keyOf } from "./key.ts";
import { shortest } from "./shorten.ts";
import { BrokenAtStart } from "./start.ts";
import type { State } from "./state.ts";
import { type Move, movesOf, type Scope, take } from "./steps.ts";

export interface Violation extends BrokenRule {
  readonly scope: string;
  /** What happened, one after the other; the last of them broke the rule. None: it was broken where the scope begins. */
  readonly steps: readonly string[];
}

export interface Explored {
  /** Distinct. */
  readonly states: number;
  /** Of the planner: one for each step that was taken. */
  readonly reconciles: number;
  /** Steps of the longest way. */
  readonly depth: number;
  /** No step was left to take. */
  readonly complete: boolean;
  readonly violation: Violation | null;
}

export interface Budget {
  readonly visitsMax: number;
  /** Of what does not fit into the budget, another part is tried with another seed. */
  readonly seed: number;
}

/** A state that was reached, and what is known of the ways on. */
interface Place {
  readonly state: State;
  /** By which it was reached: as short a one as was found. */
  way: readonly Move[];
  readonly untried: Move[];
  readonly next: { readonly move: Move; readonly place: Place }[];
}

/** So many walks one after the other without a new step: what is left is gone to directly. */
const IN_VAIN_MAX = 20;
/** So seldom that most surprises come when something is under way. */
const SURPRISE = 0.25;

export function explore(scope: Scope, budget: Budget): Explored {
  try {
    return new Search(scope, budget).run();
  } catch (error) {
    if (!(error instanceof BrokenAtStart)) throw error;
    const violation = { ...error.broken, scope: scope.name, steps: [] };
    return { states: 0, reconciles: 0, depth: 0, complete: false, violation };
  }
}

class Search {
  private readonly places = new Map<string, Place>();
  private readonly states = new Set<string>();
  private readonly rng: Rng;
  private reconciles = 0;
  private depth = 0;
  private violation: Violation | null = null;
  private readonly root: Place;

  constructor(
    private readonly scope: Scope,
    private readonly budget: Budget,
  ) {
    this.rng = new Rng(budget.seed);
    this.root = this.placeOf(scope.begin(), []);
  }

  run(): Explored {
    let inVain = 0;
    let start: Place | undefined = this.root;
    while (start !== undefined && this.violation === null && this.isWithinBudget()) {
      const before = this.reconciles;
      this.walk(start);
      inVain = this.reconciles > before ? 0 : inVain + 1;
      start = inVain > IN_VAIN_MAX ? this.open() : this.root;
    }
    const { states, reconciles, depth, violation } = this;
    return { states: states.size, reconciles, depth, complete: start === undefined, violation };
  }

  private isWithinBudget(): boolean {
    return this.reconciles < this.budget.visitsMax;
  }

  /** Where a step is left to take; undefined: nowhere. */
  private open(): Place | undefined {
    const { stepsMax } = this.scope;
    return [...this.places.values()].find((p) => p.untried.length > 0 && p.way.length < stepsMax);
  }

  private walk(start: Place): void {
    let place = start;
    const { stepsMax } = this.scope;
    for (let step = 0; step < stepsMax && place.way.length < stepsMax; step++) {
      if (!this.isWithinBudget()) return;
      const known = this.choose(place);
      if (known !== undefined) {
        const way = [...place.way, known.move];
        if (way.length < known.place.way.length) known.place.way = way;
        ({ place } = known);
        continue;
      }
      const move = this.untriedOf(place);
      const next = move === undefined ? null : this.go(place, move);
      if (next === null) return;
      place = next;
    }
  }

  /** The first step of its kind; null when it broke a rule. */
  private go(from: Place, move: Move): Place | null {
    const { state, broken } = take(move, from.state);
    const way = [...from.way, move];
    this.reconciles += 1;
    this.depth = Math.max(this.depth, way.length);
    const [first] = broken;
    if (first !== undefined) {
      const { name } = this.scope;
      this.violation = { scope: name, ...first, steps: shortest(way, first.rule, this.scope) };
      return null;
    }
    const place = this.placeOf(state, way);
    from.next.push({ move, place });
    return place;
  }

  private placeOf(state: State, way: readonly Move[]): Place {
    const key = keyOf(state);
    this.states.add(key);
    const name = `${key} ${state.surprises}`;
    let place = this.places.get(name);
    if (place === undefined) {
      const untried = this.rng.shuffle([...movesOf(state, this.scope)]);
      place = { state, way, untried, next: [] };
      this.places.set(name, place);
    } else if (way.length < place.way.length) place.way = way;
    return place;
  }

  /** A way that is known, towards what is not; undefined: something new is to be tried here. */
  private choose({ untried, next }: Place): Place["next"][number] | undefined {
    const surprising = this.rng.chance(SURPRISE);
    if (untried.some((m) => m.isSurprise === surprising)) return undefined;
    const known = next.filter(({ move }) => move.isSurprise === surprising);
    if (known.length > 0) return this.rng.pick(known);
    return untried.length > 0 || next.length === 0 ? undefined : this.rng.pick(next);
  }

  private untriedOf({ untried }: Place): Move | undefined {
    const surprising = this.rng.chance(SURPRISE);
    const at = untried.findIndex((m) => m.isSurprise === surprising);
    return untried.splice(Math.max(at, 0), 1)[0];
  }
}
