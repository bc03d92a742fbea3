/**
 * Moments deep within what takes many steps, at which a guard counts: begun at, because from rest
 * they lie further away than a budget lasts.
 */
import { type Effect, pendingEffects } from "./effects.ts";
import { edit, type FaultKind, faultsOf } from "./faults.ts";
import { reconcile } from "./reconcile.ts";
import { Scratch } from "./scratch.ts";
import { readyCluster, type Site, unbroken } from "./start.ts";
import type { State } from "./state.ts";

const STEPS_MAX = 30;

/** The cluster grows by one node, whose etcd is about to catch up. */
export function learnerCatchesUp(site: Site): State {
  const follows = `slot ${site.replicas} follows`;
  let state = happened(readyCluster(site), edit({ replicas: site.replicas + 1 }));
  for (let step = 0; step < STEPS_MAX; step++) {
    const due = pendingEffects(state);
    if (due.some(({ name }) => name.startsWith(follows))) return state;
    state = allHappened(state, due);
  }
  throw new Error("no learner catches up");
}

/** The quorum is lost, and of the two nodes that have their data one cannot be asked. */
export function survivorOutOfSight(site: Site): State {
  const survivors = Math.floor(site.replicas / 2);
  let state = readyCluster(site);
  for (let slot = survivors; slot < site.replicas; slot++) {
    state = struck(state, "data lost", `slot ${slot}`);
  }
  return struck(state, "silence", `slot ${survivors - 1}`);
}

/** All others have lost their data and wait; the last one has not noticed that they are gone. */
export function survivorUnaware(site: Site): State {
  let state = struck(readyCluster(site), "write", "");
  state = struck(state, "others' data lost", "slot 0");
  for (let step = 0; step < STEPS_MAX; step++) {
    const due = pendingEffects(state).filter(({ name }) => !name.startsWith("slot 0 "));
    if (due.length === 0) return state;
    state = allHappened(state, due);
  }
  throw new Error("the others do not come to wait");
}

/**
 * The spare has got the vote of a node that died and is about to serve again, so that there is one vote too many;
 * two others have just begun again, and have not heard the leader yet.
 */
export function oneVoteTooMany(site: Site): State {
  const dies = "slot 1";
  let state = struck(readyCluster(site), "killed", dies);
  while (votersOf(state) <= site.replicas) state = allHappened(state, pendingEffects(state));
  const begun = ["slot 2", "slot 3"];
  const again = faultsOf(state, ["etcd killed"]).filter(({ name }) => begun.some(endOf(name)));
  state = allHappened(state, again);
  for (let step = 0; step < STEPS_MAX; step++) {
    const due = pendingEffects(state).filter(({ name }) => !begun.some(beginningOf(name)));
    if (due.some(({ name }) => name.startsWith(`${dies} follows`))) return state;
    state = allHappened(state, due);
  }
  throw new Error("the dead node does not come back");
}

const endOf = (name: string) => (end: string) => name.endsWith(end);
const beginningOf = (name: string) => (beginning: string) => name.startsWith(beginning);

function votersOf({ histories }: State): number {
  return (histories.at(-1)?.members ?? []).filter((m) => !m.isLearner).length;
}

function struck(state: State, kind: FaultKind, where: string): State {
  const fault = faultsOf(state, [kind]).find(({ name }) => name.endsWith(where));
  if (fault === undefined) throw new Error(`${kind} cannot strike ${where}`);
  return happened(state, fault.happen);
}

function allHappened(state: State, effects: readonly Effect[]): State {
  return happened(state, (scratch) => {
    for (const { happen } of effects) happen(scratch);
  });
}

function happened(state: State, happen: Effect["happen"]): State {
  const scratch = new Scratch(state);
  happen(scratch);
  reconcile(scratch);
  return unbroken(scratch);
}
