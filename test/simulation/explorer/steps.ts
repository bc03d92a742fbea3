/** Everything that may happen next in a scope, and what it makes of a state. */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { BrokenRule } from "../rules/sight.ts";
import { pendingEffects, settle } from "./effects.ts";
import { edit, endsOf, type FaultKind, faultsOf } from "./faults.ts";
import { Scratch } from "./scratch.ts";
import type { State } from "./state.ts";
import { reconcile } from "./reconcile.ts";

export interface Scope {
  readonly name: string;
  readonly begin: () => State;
  /** What the spec becomes, one after the other, each at any moment. */
  readonly edits: readonly Partial<ClusterSpec>[];
  readonly faults: readonly FaultKind[];
  /** Faults, and effects that happen before others that are due. */
  readonly surprisesMax: number;
  readonly stepsMax: number;
}

export interface Move {
  /** The same wherever the same may happen. */
  readonly id: string;
  readonly name: string;
  readonly isSurprise: boolean;
  readonly happen: (scratch: Scratch) => void;
}

export interface Outcome {
  readonly state: State;
  readonly broken: readonly BrokenRule[];
}

/** Longer than any grace and backoff of the scopes, and longer than what counts as silence. */
const WAITS_MS = [11_000, 61_000] as const;

export function movesOf(state: State, scope: Scope): readonly Move[] {
  const effects = pendingEffects(state);
  const moves: Move[] = effects.length > 0 ? [allOf(effects)] : WAITS_MS.map(wait);
  moves.push(...endsOf(state).map(course));
  const patch = scope.edits[state.edits];
  if (patch !== undefined) {
    const name = `the spec is edited: ${JSON.stringify(patch)}`;
    moves.push(course({ name, happen: edit(patch) }));
  }
  if (state.surprises >= scope.surprisesMax) return moves;
  // Each effect may be the only one that has happened yet, or none has for some seconds.
  const alone = [...(effects.length > 1 ? effects : []), ...(effects.length > 0 ? [slow] : [])];
  return [...moves, ...[...alone, ...faultsOf(state, scope.faults)].map(surprise)];
}

/** It happens, and the planner looks. */
export function take(move: Move, from: State): Outcome {
  const scratch = new Scratch(from);
  move.happen(scratch);
  reconcile(scratch);
  return { state: pruned(scratch.state), broken: scratch.broken };
}

/** Of tasks that nobody remembers, and that are over, nothing matters any more. */
export function pruned(state: State): State {
  const known = new Set([
    ...state.memory.slots.map((s) => s.task?.taskId),
    ...state.containers.map((c) => c.taskId),
  ]);
  const keep = <T>(of: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(of).filter(([taskId]) => known.has(taskId)));
  return { ...state, told: keep(state.told), ended: keep(state.ended), heard: keep(state.heard) };
}

type Step = Pick<Move, "name" | "happen">;

function allOf(effects: readonly Step[]): Move {
  const name = effects.map((e) => e.name).join(", ");
  return { id: "all that is due", name, isSurprise: false, happen: settle };
}

function wait(ms: number): Move {
  return course({
    name: `${ms / 1_000} s pass`,
    happen: (scratch) => scratch.set({ now: scratch.state.now + ms }),
  });
}

const slow: Step = {
  name: `${WAITS_MS[0] / 1_000} s pass, and nothing has happened yet`,
  happen: (scratch) => scratch.set({ now: scratch.state.now + WAITS_MS[0] }),
};

function course(step: Step): Move {
  return { ...step, id: step.name, isSurprise: false };
}

function surprise({ name, happen }: Step): Move {
  return {
    id: name,
    name,
    isSurprise: true,
    happen: (scratch) => {
      scratch.set({ surprises: scratch.state.surprises + 1 });
      happen(scratch);
    },
  };
}
