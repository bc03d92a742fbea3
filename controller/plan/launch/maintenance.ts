/** Hosts that go down soon, as their operator has told Mesos. */
import type { Unavailability } from "../../model/offer.ts";

/** So long before its host goes down nothing is launched there any more. Milliseconds. */
export const MAINTENANCE_AHEAD_MS = 3_600_000;

/** It is down, or will be before long. */
export function isNear(unavailability: Unavailability | null, now: number): boolean {
  if (unavailability === null) return false;
  const { from, until } = unavailability;
  return from - now <= MAINTENANCE_AHEAD_MS && (until === null || until > now);
}

/** As an end of "host x …". */
export function maintenanceText({ from }: Unavailability, now: number): string {
  return now >= from
    ? "is under maintenance"
    : `goes down for maintenance in ${Math.ceil((from - now) / 60_000)} minutes`;
}
