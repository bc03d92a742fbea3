/** Which agent's offers a node is launched on, and why not those of the others. */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { ObservedOffer } from "../../model/observed.ts";
import { isAt } from "../view/data-location.ts";
import { violation } from "./constraints.ts";
import {
  byAgent,
  type Candidate,
  covers,
  lack,
  type Need,
  NOTHING,
  type PlacedNode,
  type PlacementInput,
  RESOURCES,
  rounded,
  sum,
} from "./candidate.ts";
import { isNear, maintenanceText } from "./maintenance.ts";
import type { Judgement } from "./offer-verdicts.ts";
import { compareBy, whyPreferred } from "./preference.ts";

export interface Choice {
  /** All of one agent: Mesos refuses to combine those of several. As few as suffice. */
  readonly offerIds: readonly string[];
  readonly agentId: string;
  readonly hostname: string;
  readonly judgements: Judgements;
}

/** One sentence without its full stop: why no offer fits. */
export interface Refusal {
  readonly refused: string;
  readonly judgements: Judgements;
}

/** Of every offer by its id. */
type Judgements = ReadonlyMap<string, Judgement>;

/** Deterministic: the same offers in any order give the same choice. */
export function chooseOffers(input: PlacementInput): Choice | Refusal {
  const { need } = input;
  const agents = byAgent(input.offers);
  const judgements = new Map<string, Judgement>();
  const judge = ({ offers }: Pick<Candidate, "offers">, judgement: Judgement) => {
    for (const { id } of offers) judgements.set(id, judgement);
  };
  const excluded: string[] = [];
  const fitting = agents.filter((agent) => {
    const judgement = exclusion(agent, input);
    if (judgement === null) return true;
    judge(agent, judgement);
    excluded.push(`${agent.hostname} ${judgement.message}`);
    return false;
  });
  const [best, ...others] = fitting.sort(compareBy(input));
  if (best === undefined) return { refused: refusal(excluded, need), judgements };
  for (const other of others) judge(other, whyPreferred(best, other, input));
  const taken = fewestOffers(best, need);
  judge(best, { reason: "NotNeeded", message: "fits; another offer of its agent was enough" });
  judge({ offers: taken }, { reason: "Used", message: "a node was launched on it" });
  const { agentId, hostname } = best;
  return { offerIds: taken.map((offer) => offer.id), agentId, hostname, judgements };
}

/** Why no node can be launched there, as an end of "agent x …"; null: one can. */
function exclusion(agent: Candidate, input: PlacementInput): Judgement | null {
  const { need, placement, placed, now } = input;
  const short = lack(agent, need);
  if (short !== null) return { reason: "TooSmall", message: short };
  const refused = excludedBy(agent, placement, placed);
  if (refused !== null) return { reason: "Constraint", message: refused };
  const { unavailability } = agent;
  if (unavailability === null || !isNear(unavailability, now)) return null;
  if (input.needsData && input.prefer !== undefined && isAt(input.prefer, agent)) return null;
  return { reason: "Unavailability", message: maintenanceText(unavailability, now) };
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
