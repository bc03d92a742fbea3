/** Which agent's offers a node is launched on. */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { ObservedOffer } from "../../model/observed.ts";
import { type DataLocation, isAt } from "../view/data-location.ts";
import { fieldValue, violation, type Place } from "./constraints.ts";

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
}

export interface Choice {
  /** All of one agent: Mesos refuses to combine those of several. As few as suffice. */
  readonly offerIds: readonly string[];
  readonly agentId: string;
  readonly hostname: string;
}

/** One sentence without its full stop: why no offer fits. */
export interface Refusal {
  readonly refused: string;
}

/** All that one agent offers. */
interface Candidate extends Place, Need {
  readonly agentId: string;
  readonly offers: readonly ObservedOffer[];
}

/** Deterministic: the same offers in any order give the same choice. */
export function chooseOffers(input: PlacementInput): Choice | Refusal {
  const { need, placed, placement } = input;
  const agents = byAgent(input.offers);
  const excluded: string[] = [];
  const fitting = agents.filter((agent) => {
    const reason = lack(agent, need) ?? excludedBy(agent, placement, placed);
    if (reason !== null) excluded.push(`${agent.hostname} ${reason}`);
    return reason === null;
  });
  const [best] = fitting.sort(compareBy(input));
  if (best === undefined) return { refused: refusal(excluded, need) };
  const { agentId, hostname } = best;
  return { offerIds: fewestOffers(best, need).map((offer) => offer.id), agentId, hostname };
}

function byAgent(offers: readonly ObservedOffer[]): Candidate[] {
  const agents = new Map<string, Candidate>();
  for (const offer of [...offers].sort((a, b) => compareText(a.id, b.id))) {
    const { agentId, hostname, attributes } = offer;
    const known = agents.get(agentId) ?? { agentId, hostname, attributes, ...NOTHING, offers: [] };
    agents.set(agentId, { ...known, ...sum(known, offer), offers: [...known.offers, offer] });
  }
  return [...agents.values()].sort((a, b) => compareText(a.agentId, b.agentId));
}

const NOTHING: Need = { cpus: 0, memoryMiB: 0, diskMiB: 0 };

function sum(a: Need, b: Need): Need {
  return {
    cpus: a.cpus + b.cpus,
    memoryMiB: a.memoryMiB + b.memoryMiB,
    diskMiB: a.diskMiB + b.diskMiB,
  };
}

const RESOURCES = [
  { key: "cpus", unit: "cpus" },
  { key: "memoryMiB", unit: "MiB of memory" },
  { key: "diskMiB", unit: "MiB of disk" },
] as const;

/** Mesos counts in thousandths: 0.1 + 0.2 cores are enough for 0.3. */
function covers(offered: Need, need: Need): boolean {
  return RESOURCES.every(({ key }) => thousandths(offered[key]) >= thousandths(need[key]));
}

function thousandths(value: number): number {
  return Math.round(value * 1000);
}

function lack(agent: Candidate, need: Need): string | null {
  if (covers(agent, need)) return null;
  const short = RESOURCES.filter(({ key }) => thousandths(agent[key]) < thousandths(need[key]));
  const parts = short.map(
    ({ key, unit }) => `${rounded(agent[key])} of ${rounded(need[key])} ${unit}`,
  );
  return `offers ${parts.join(" and ")}`;
}

function excludedBy(
  agent: Candidate,
  { constraints }: ClusterSpec["placement"],
  placed: readonly PlacedNode[],
): string | null {
  for (const constraint of constraints) {
    const reason = violation(constraint, agent, placed);
    if (reason !== null) return reason;
  }
  return null;
}

/** Data first, then the spread that was asked for, then as few nodes an agent as can be. */
function compareBy({ placed, placement, prefer }: PlacementInput) {
  const { spread } = placement;
  const value = (place: Place) => (spread === null ? null : fieldValue(place, spread));
  const rank = (agent: Candidate): readonly number[] => [
    prefer !== undefined && isAt(prefer, agent) ? 0 : 1,
    // Without the attribute nothing can be said of the spread: only if no other fits.
    spread !== null && value(agent) === null ? 1 : 0,
    spread === null ? 0 : placed.filter((node) => value(node) === value(agent)).length,
    placed.filter((node) => node.agentId === agent.agentId).length,
    -thousandths(agent.cpus),
    -thousandths(agent.memoryMiB),
  ];
  return (a: Candidate, b: Candidate): number => {
    const [left, right] = [rank(a), rank(b)];
    const index = left.findIndex((part, i) => part !== right[i]);
    if (index === -1) return compareText(a.agentId, b.agentId);
    return (left[index] ?? 0) - (right[index] ?? 0);
  };
}

/** The smallest single offer that suffices, else the largest ones together. */
function fewestOffers({ offers }: Candidate, need: Need): readonly ObservedOffer[] {
  const bySize = [...offers].sort((a, b) => b.cpus - a.cpus || b.memoryMiB - a.memoryMiB);
  const single = bySize.findLast((offer) => covers(offer, need));
  if (single !== undefined) return [single];
  const taken: ObservedOffer[] = [];
  let total = NOTHING;
  for (const offer of bySize) {
    if (covers(total, need)) break;
    taken.push(offer);
    total = sum(total, offer);
  }
  return withoutNeedless(taken, need);
}

/** What was taken for its cores may have become needless when another brought the memory. */
function withoutNeedless(offers: readonly ObservedOffer[], need: Need): readonly ObservedOffer[] {
  let kept = offers;
  for (const offer of offers) {
    const rest = kept.filter((other) => other !== offer);
    if (covers(rest.reduce(sum, NOTHING), need)) kept = rest;
  }
  return kept;
}

/** How many agents a message names. */
const NAMED_MAX = 3;

function refusal(excluded: readonly string[], need: Need): string {
  const wanted = RESOURCES.map(({ key, unit }) => `${rounded(need[key])} ${unit}`).join(", ");
  if (excluded.length === 0) return `no agent offers anything; a node needs ${wanted}`;
  const more = excluded.length - NAMED_MAX;
  const others = more > 0 ? `; and ${more} more` : "";
  const agents = excluded.length === 1 ? "the only agent" : `none of ${excluded.length} agents`;
  const does = excluded.length === 1 ? "that offers does not fit" : "that offer fits";
  const named = excluded.slice(0, NAMED_MAX).join("; ");
  return `${agents} ${does} (a node needs ${wanted}): ${named}${others}`;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
