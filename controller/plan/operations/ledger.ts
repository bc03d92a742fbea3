/** The list of a cluster's operations, newest last and bounded: how one comes onto it, and how it ends. */
import {
  type Asker,
  isPersons,
  isUnderWay,
  type Operation,
  type OperationKind,
} from "../../model/operation.ts";

export type Operations = readonly Operation[];

export const OPERATIONS_MAX = 20;
/** Of one kind that nobody asked for and that succeeded: what a person did stays in sight among them. */
export const ROUTINE_MAX = 5;

type Wanted = Pick<Operation, "kind" | "asker" | "askedAt"> &
  Partial<Pick<Operation, "slot" | "message" | "snapshot">>;

export function asked(operations: Operations, wanted: Wanted): Operations {
  const added: Operation = {
    slot: null,
    message: "",
    snapshot: null,
    ...wanted,
    number: (operations.at(-1)?.number ?? 0) + 1,
    state: "Pending",
    startedAt: null,
    endedAt: null,
    attempts: 0,
    code: null,
  };
  return bounded([...operations, added]);
}

/** Asked for and begun at once. One by rule that failed is tried again as the same operation. */
export function begun(operations: Operations, wanted: Wanted, now: number): Operations {
  const before = operations.findLast((one) => isSameKind(one, wanted));
  if (before?.state === "Failed" && !isPersons(wanted.asker)) {
    return started(operations, before.number, { slot: wanted.slot ?? null }, now);
  }
  const all = asked(operations, wanted);
  return started(all, all.at(-1)?.number ?? 0, {}, now);
}

export function started(
  operations: Operations,
  number: number,
  patch: Partial<Pick<Operation, "slot">>,
  now: number,
): Operations {
  return changed(operations, number, (one) => ({
    ...one,
    ...patch,
    state: "Processing",
    startedAt: one.startedAt ?? now,
    endedAt: null,
    attempts: one.attempts + 1,
    message: one.endedAt === null ? one.message : "",
    code: null,
  }));
}

export type End = Pick<Operation, "message"> & {
  readonly state: "Succeeded" | "Incomplete" | "Failed" | "Cancelled";
} & Partial<Pick<Operation, "code" | "snapshot">>;

export function ended(operations: Operations, number: number, end: End, now: number): Operations {
  return bounded(changed(operations, number, (one) => ({ ...one, ...end, endedAt: now })));
}

/** All of these kinds that are under way. */
export function allEnded(
  operations: Operations,
  kinds: readonly OperationKind[],
  end: End,
  now: number,
): Operations {
  return operations
    .filter((one) => kinds.includes(one.kind) && one.state === "Processing")
    .reduce((all, { number }) => ended(all, number, end, now), operations);
}

export function changed(
  operations: Operations,
  number: number,
  change: (operation: Operation) => Operation,
): Operations {
  return operations.map((one) => (one.number === number ? change(one) : one));
}

function isSameKind(one: Operation, { kind, asker, slot = null }: Wanted): boolean {
  const isSameSlot = kind !== "Defragment" || one.slot === slot;
  return one.kind === kind && one.asker.via === asker.via && isSameSlot;
}

function bounded(operations: Operations): Operations {
  const over = operations.filter((one) => !isUnderWay(one) && one !== operations.at(-1));
  const routine = (one: Operation) => one.state === "Succeeded" && !isPersons(one.asker);
  const tooMany = over.filter((one) => {
    const same = (other: Operation) => routine(other) && other.kind === one.kind;
    return (
      routine(one) && operations.filter(same).indexOf(one) < count(operations, same) - ROUTINE_MAX
    );
  });
  const kept = operations.filter((one) => !tooMany.includes(one));
  const oldest = over.filter((one) => kept.includes(one));
  const surplus = oldest.slice(0, Math.max(0, kept.length - OPERATIONS_MAX));
  return kept.filter((one) => !surplus.includes(one));
}

function count(operations: Operations, is: (one: Operation) => boolean): number {
  return operations.filter(is).length;
}

/** Of what a rule asks for. */
export const BY_SCHEDULE: Asker = { via: "Schedule", user: null };
export const BY_CONTROLLER: Asker = { via: "Controller", user: null };
