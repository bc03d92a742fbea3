/**
 * Which of an offer's resources a plain task may use, and how a task draws on them. Pure.
 *
 * An offer can hold cpus of role "*" beside cpus that are reserved for our role; the master refuses
 * a task (TASK_ERROR) that does not name them exactly as they were offered.
 */
import type { Offer, Resource } from "../wire.ts";

/** Mesos counts scalars in thousandths. */
const UNITS_PER_WHOLE = 1000;

/** How much a task may have of the named scalar. In the resource's own unit (cores, MiB). */
export function usable(offer: Offer, name: string): number {
  const parts = scalars(offer.resources, name);
  return parts.reduce((sum, part) => sum + toUnits(part), 0) / UNITS_PER_WHOLE;
}

/**
 * Rewrites what tasks ask for as parts of what is offered, reserved parts first, so that "*" stays
 * for others. What the offers do not cover is asked for as it was: the master then says what lacks.
 *
 * @param wanted the resources of each task, without regard to reservations
 * @returns the resources of each task, in the same order
 */
export function drawFrom(
  offers: readonly Offer[],
  wanted: readonly (readonly Resource[])[],
): Resource[][] {
  const left = offers
    .flatMap((offer) => offer.resources)
    .filter(isPlainScalar)
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

function scalars(resources: readonly Resource[], name: string): Resource[] {
  return resources.filter((r) => r.name === name && isPlainScalar(r));
}

/** Volumes, whole disks and resources that may be taken back at any time are no use to a node. */
function isPlainScalar(resource: Resource): boolean {
  const { type, scalar, disk, revocable, shared } = resource;
  if (type !== "SCALAR" || typeof scalar?.value !== "number") return false;
  return disk === undefined && revocable === undefined && shared === undefined;
}

function isReserved({ role, reservations }: Resource): boolean {
  return (role !== undefined && role !== "*") || (reservations?.length ?? 0) > 0;
}

function toUnits(resource: Resource | undefined): number {
  return Math.round((resource?.scalar?.value ?? 0) * UNITS_PER_WHOLE);
}
