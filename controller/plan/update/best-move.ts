/**
 * Which node is better placed on another host, by the constraints and the spread of the spec. Every move
 * makes the spread better, so that they come to an end: as soon as none does.
 */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { ObservedOffer } from "../../model/observed.ts";
import type { PlacedNode } from "../launch/candidate.ts";
import { fieldValue, type Place, violation } from "../launch/constraints.ts";
import { OfferAllocator } from "../launch/offer-allocator.ts";
import { type Choice, chooseOffers, type Refusal } from "../launch/placement.ts";

export interface Placement {
  readonly placed: readonly PlacedNode[];
  /** Its node comes last; null: nobody leads. */
  readonly leaderSlot: number | null;
  readonly offers: readonly ObservedOffer[];
  readonly spec: Pick<ClusterSpec, "placement" | "resources">;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface BestMove {
  readonly node: PlacedNode;
  readonly choice: Choice;
  readonly to: PlacedNode;
}

/** Null: none is better placed on any host that offers room. */
export function bestMove(input: Placement): BestMove | null {
  for (const node of byUrgency(input)) {
    const choice = choiceFor(node, input);
    if (!("offerIds" in choice)) continue;
    const { agentId, hostname, offerIds } = choice;
    const attributes = input.offers.find(({ id }) => id === offerIds[0])?.attributes ?? [];
    const to = { slot: node.slot, agentId, hostname, attributes };
    if (isBetter(to, node, input)) return { node, choice, to };
  }
  return null;
}

/** All of them, one after another, as far as the present offers go. */
export function allMoves(input: Placement): readonly BestMove[] {
  const offers = new OfferAllocator(input.offers);
  const moves: BestMove[] = [];
  let { placed } = input;
  // Twice as many as nodes are more than there can be of use.
  while (moves.length < 2 * placed.length) {
    const move = bestMove({ ...input, placed, offers: offers.offers });
    if (move === null) break;
    moves.push(move);
    offers.reduce(move.choice, input.spec.resources);
    placed = placed.map((node) => (node.slot === move.node.slot ? move.to : node));
  }
  return moves;
}

/** Why nodes stay where they share a host although others are known; null: they are well spread. */
export function whatIsMissing(input: Placement): string | null {
  const known: readonly (Place & { readonly hostname: string })[] = [
    ...input.placed,
    ...input.offers,
  ];
  const better = (node: PlacedNode) => known.filter((place) => isBetter(place, node, input));
  const first = byUrgency(input).find((node) => better(node).length > 0);
  if (first === undefined) {
    const hosts = new Set(input.placed.map(({ hostname }) => hostname));
    const isAlone = hosts.size === 1 && input.placed.length > 1;
    return isAlone ? "no other host has offered anything" : null;
  }
  const choice = choiceFor(first, input);
  const hosts = [...new Set(better(first).map(({ hostname }) => hostname))].sort();
  const reasons = hosts.map((hostname) => {
    const offer = input.offers.find((o) => o.hostname === hostname);
    const judgement = offer && choice.judgements.get(offer.id);
    return judgement === undefined || judgement.reason === "Used"
      ? `${hostname} offers nothing`
      : `${hostname} ${judgement.message}`;
  });
  return reasons.slice(0, NAMED_MAX).join("; ");
}

/** Hosts that a message names. */
const NAMED_MAX = 3;

/** The worst placed first, the leader's node last, and else the highest slot. */
function byUrgency(input: Placement): readonly PlacedNode[] {
  const leads = (node: PlacedNode) => Number(node.slot === input.leaderSlot);
  const ranks = new Map(input.placed.map((node) => [node, rankOf(node, node, input)]));
  return input.placed.toSorted(
    (a, b) =>
      leads(a) - leads(b) ||
      compareRanks(ranks.get(b) ?? [], ranks.get(a) ?? []) ||
      b.slot - a.slot,
  );
}

/** Where it would go, of all hosts but its own. */
function choiceFor(node: PlacedNode, { placed, offers, spec, now }: Placement): Choice | Refusal {
  return chooseOffers({
    offers: offers.filter(({ hostname }) => hostname !== node.hostname),
    need: spec.resources,
    placed: placed.filter(({ slot }) => slot !== node.slot),
    placement: spec.placement,
    now,
  });
}

function isBetter(place: Place, node: PlacedNode, input: Placement): boolean {
  return compareRanks(rankOf(place, node, input), rankOf(node, node, input)) < 0;
}

/**
 * How badly the node would be placed there, beside all others; the first number counts most. As a launch
 * ranks the hosts (launch/preference.ts), but for room, which is no reason to move.
 */
function rankOf(
  place: Place,
  { slot }: PlacedNode,
  { placed, spec: { placement } }: Placement,
): readonly number[] {
  const others = placed.filter((node) => node.slot !== slot);
  const { constraints, spread } = placement;
  const isExcluded = constraints.some((c) => violation(c, place, others) !== null);
  const value = (of: Place) => (spread === null ? null : fieldValue(of, spread));
  const same = others.filter((other) => value(other) === value(place)).length;
  return [
    Number(isExcluded),
    ...(spread === null ? [] : [Number(value(place) === null), same]),
    others.filter(({ hostname }) => hostname === place.hostname).length,
  ];
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((rank, i) => rank !== b[i]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
