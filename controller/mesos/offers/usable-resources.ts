/**
 * Which of an offer's resources a plain task may use, and how a task draws on them. Pure.
 *
 * An offer can hold cpus of role "*" beside cpus that are reserved for our role; the master refuses
 * a task (TASK_ERROR) that does not name them exactly as they were offered.
 */
import type { Offer, Resource } from "../wire.ts";

/** Mesos counts scalars in thousandths. */
const UNITS_PER_WHOLE = 1000;

/** How much a task of this role may have of the named scalar. In its own unit (cores, MiB). */
export function usable(offer: Offer, name: string, role: string): number {
  const parts = offer.resources.filter((r) => r.name === name && isUsable(r, role));
  return parts.reduce((sum, part) => sum + toUnits(part), 0) / UNITS_PER_WHOLE;
}

/** What of these scalars no node can have, e.g. `4 cpus (revocable)`. */
export function leftOut(offer: Offer, names: readonly string[], role: string): readonly string[] {
  return offer.resources.flatMap((resource) => {
    const why = names.includes(resource.name) ? unusableBecause(resource, role) : null;
    return why === null ? [] : [`${resource.scalar?.value ?? 0} ${resource.name} (${why})`];
  });
}

/** Why no node of this role can have it, in a few words; null: it can. */
export function unusableBecause(resource: Resource, role: string): string | null {
  const { type, scalar, disk, revocable, shared } = resource;
  if (resource.name === "ports") return "nodes have addresses of their own";
  if (type !== "SCALAR" || typeof scalar?.value !== "number") return "not an amount";
  // It may be taken back at any time.
  if (revocable !== undefined) return "revocable";
  if (disk !== undefined) return "a volume or a whole disk";
  if (shared !== undefined) return "shared";
  const reservedFor = roleOf(resource);
  return isOurs(reservedFor, role) ? null : `reserved for ${reservedFor}`;
}

/** Whom it is reserved for, the innermost reservation of several; `*`: nobody. */
export function roleOf({ role, reservations }: Resource): string {
  const innermost: unknown = reservations?.at(-1)?.["role"];
  return typeof innermost === "string" ? innermost : (role ?? "*");
}

/** What is reserved for a role is also for those below it. */
function isOurs(reservedFor: string, role: string): boolean {
  return reservedFor === "*" || role === reservedFor || role.startsWith(`${reservedFor}/`);
}

/**
 * Rewrites what tasks ask for as parts of what is offered, reserved parts first, so that "*" stays
 * for others. What the offers do not cover is asked for as it was: the master then says what lacks.
 *
 * @param wanted the resources of each task, without regard to reservations
 * @param role of our framework
 * @returns the resources of each task, in the same order
 */
export function drawFrom(
  offers: readonly Offer[],
  wanted: readonly (readonly Resource[])[],
  role: string,
): Resource[][] {
  const left = offers
    .flatMap((offer) => offer.resources)
    .filter((resource) => isUsable(resource, role))
    .map((resource) => ({ resource, units: toUnits(resource) }))
    .sort((a, b) => Number(isReserved(b.resource)) - Number(isReserved(a.resource)));
  return wanted.map((resources) => resources.flatMap((want) => drawOne(want, left)));
}

interface Remainder {
  readonly resource: Resource;
  units: number;
}

function drawOne(want: Resource, left: readonly Remainder[]): Resource[] {
  if (want.type !== "SCALAR") return [want];
  const taken = new Map<string, Resource>();
  let lacking = toUnits(want);
  for (const part of left) {
    const units = Math.min(lacking, part.units);
    if (units <= 0 || part.resource.name !== want.name) continue;
    part.units -= units;
    lacking -= units;
    addTo(taken, part.resource, units);
  }
  // Drawn as far as possible, but never less than wanted: the shortfall is told by the master.
  if (lacking > 0) addTo(taken, want, lacking);
  return [...taken.values()];
}

/** Parts of the same kind, from several offers of one agent, become one. */
function addTo(taken: Map<string, Resource>, like: Resource, units: number): void {
  const { scalar: _scalar, allocation_info: _allocation, ...kind } = { role: "*", ...like };
  const key = JSON.stringify(kind);
  const sum = toUnits(taken.get(key)) + units;
  taken.set(key, { ...kind, scalar: { value: sum / UNITS_PER_WHOLE } });
}

function isUsable(resource: Resource, role: string): boolean {
  return unusableBecause(resource, role) === null;
}

function isReserved(resource: Resource): boolean {
  return roleOf(resource) !== "*";
}

function toUnits(resource: Resource | undefined): number {
  return Math.round((resource?.scalar?.value ?? 0) * UNITS_PER_WHOLE);
}
