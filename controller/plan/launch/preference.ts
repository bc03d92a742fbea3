/**
 * Which of several agents that fit is taken: the one with the slot's data, then what spreads the
 * cluster most, then the one with the most room.
 */
import type { OfferReason } from "../../model/offer.ts";
import { isAt } from "../view/data-location.ts";
import { fieldValue, type Place } from "./constraints.ts";
import type { Judgement } from "./offer-verdicts.ts";
import { type Candidate, compareText, type PlacementInput, thousandths } from "./candidate.ts";

type Preferring = Pick<PlacementInput, "placed" | "placement" | "prefer">;

interface Preference {
  readonly reason: OfferReason;
  /** The smaller, the better. */
  readonly rank: (agent: Candidate) => number;
  /** Of the better one, as an end of "host x …". */
  readonly words: string;
}

export function compareBy(input: Preferring) {
  const preferences = preferencesOf(input);
  return (a: Candidate, b: Candidate): number => {
    const decisive = preferences.find(({ rank }) => rank(a) !== rank(b));
    if (decisive === undefined) return compareText(a.agentId, b.agentId);
    return decisive.rank(a) - decisive.rank(b);
  };
}

/** Why `other` was not taken, though a node would fit there. */
export function whyPreferred(best: Candidate, other: Candidate, input: Preferring): Judgement {
  const decisive = preferencesOf(input).find(({ rank }) => rank(best) !== rank(other));
  if (decisive === undefined) {
    return { reason: "OtherPreferred", message: `fits; ${best.hostname} fits as well` };
  }
  const { reason, words } = decisive;
  return { reason, message: `fits; ${best.hostname} ${words}` };
}

function preferencesOf({ placed, placement, prefer }: Preferring): readonly Preference[] {
  const { spread } = placement;
  const value = (place: Place) => (spread === null ? null : fieldValue(place, spread));
  const count = (holds: (node: PlacementInput["placed"][number]) => boolean) =>
    placed.filter(holds).length;
  const spreads: Preference[] = [
    {
      reason: "OtherPreferred",
      // Without the attribute nothing can be said of the spread: only if no other fits.
      rank: (agent) => (value(agent) === null ? 1 : 0),
      words: `has the attribute ${spread}, over which nodes are spread`,
    },
    {
      reason: "OtherPreferred",
      rank: (agent) => count((node) => value(node) === value(agent)),
      words: `has fewer nodes of the cluster with its ${spread}`,
    },
  ];
  return [
    {
      reason: "DataElsewhere",
      rank: (agent) => (prefer !== undefined && isAt(prefer, agent) ? 0 : 1),
      words: "has the slot's data",
    },
    ...(spread === null ? [] : spreads),
    {
      // A host that dies takes all Mesos agents on it along.
      reason: "OtherPreferred",
      rank: (agent) => count((node) => node.hostname === agent.hostname),
      words: "has fewer nodes of the cluster",
    },
    {
      reason: "OtherPreferred",
      rank: (agent) => count((node) => node.agentId === agent.agentId),
      words: "has another agent with fewer nodes of the cluster",
    },
    {
      reason: "OtherPreferred",
      rank: (agent) => -thousandths(agent.cpus),
      words: "offers more cpus",
    },
    {
      reason: "OtherPreferred",
      rank: (agent) => -thousandths(agent.memoryMiB),
      words: "offers more memory",
    },
  ];
}
