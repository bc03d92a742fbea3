/** When an agent's host goes down for maintenance, as its operator has told the master. Pure. */
import type { Unavailability } from "../../model/offer.ts";
import type { Maintained } from "../wire.ts";

const NS_PER_MS = 1e6;
/** What a Date can hold. Milliseconds. */
const TIME_MAX = 8.64e15;

/** Null: nothing is planned. A duration that is missing has no end. */
export function unavailabilityOf({ unavailability }: Maintained): Unavailability | null {
  if (unavailability === undefined) return null;
  const { start, duration } = unavailability;
  const from = timeOf(start.nanoseconds);
  return {
    from,
    until: duration === undefined ? null : timeOf(from * NS_PER_MS + duration.nanoseconds),
  };
}

function timeOf(nanoseconds: number): number {
  return Math.min(TIME_MAX, Math.max(0, Math.round(nanoseconds / NS_PER_MS)));
}
