/** All that one Mesos agent offers, and what a node needs of it. Pure. */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { ObservedOffer } from "../../model/observed.ts";
import type { Unavailability } from "../../model/offer.ts";
import type { DataLocation } from "../view/data-location.ts";
import type { Place } from "./constraints.ts";

export interface Need {
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
}

/** A node that runs or is being launched. */
export interface PlacedNode extends Place {
  readonly slot: number;
  readonly agentId: string;
}

export interface PlacementInput {
  readonly offers: readonly ObservedOffer[];
  readonly need: Need;
  /** The other nodes of the cluster; not the one that is to be placed. */
  readonly placed: readonly PlacedNode[];
  readonly placement: ClusterSpec["placement"];
  /** The machine that has the slot's data: taken if it may be, before all others. */
  readonly prefer?: DataLocation;
  /** That machine is taken though it goes down soon: its data is what is missing. */
  readonly needsData?: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** All that one agent offers. */
export interface Candidate extends Place, Need {
  readonly agentId: string;
  readonly offers: readonly ObservedOffer[];
  readonly leftOut: readonly string[];
  readonly unavailability: Unavailability | null;
}

export function byAgent(offers: readonly ObservedOffer[]): Candidate[] {
  const agents = new Map<string, Candidate>();
  for (const offer of [...offers].sort((a, b) => compareText(a.id, b.id))) {
    const { agentId, hostname, attributes, unavailability } = offer;
    const place = { agentId, hostname, attributes, unavailability };
    const known = agents.get(agentId) ?? { ...place, ...NOTHING, offers: [], leftOut: [] };
    const leftOut = [...known.leftOut, ...offer.leftOut];
    const offers = [...known.offers, offer];
    agents.set(agentId, { ...known, ...sum(known, offer), offers, leftOut });
  }
  return [...agents.values()].sort((a, b) => compareText(a.agentId, b.agentId));
}

export const NOTHING: Need = { cpus: 0, memoryMiB: 0, diskMiB: 0 };

export function sum(a: Need, b: Need): Need {
  return {
    cpus: a.cpus + b.cpus,
    memoryMiB: a.memoryMiB + b.memoryMiB,
    diskMiB: a.diskMiB + b.diskMiB,
  };
}

export const RESOURCES = [
  { key: "cpus", unit: "cpus" },
  { key: "memoryMiB", unit: "MiB of memory" },
  { key: "diskMiB", unit: "MiB of disk" },
] as const;

/** Mesos counts in thousandths: 0.1 + 0.2 cores are enough for 0.3. */
export function covers(offered: Need, need: Need): boolean {
  return RESOURCES.every(({ key }) => thousandths(offered[key]) >= thousandths(need[key]));
}

export function thousandths(value: number): number {
  return Math.round(value * 1000);
}

/** As an end of "agent x …"; null: it offers enough. */
export function lack(agent: Candidate, need: Need): string | null {
  if (covers(agent, need)) return null;
  const short = RESOURCES.filter(({ key }) => thousandths(agent[key]) < thousandths(need[key]));
  const parts = short.map(
    ({ key, unit }) => `${rounded(agent[key])} of ${rounded(need[key])} ${unit}`,
  );
  const more = agent.leftOut.length === 0 ? "" : `, not counting ${agent.leftOut.join(", ")}`;
  return `offers ${parts.join(" and ")}${more}`;
}

export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
