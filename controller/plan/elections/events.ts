/** What elections are worth telling as they go: each fact once. Pure. */
import {
  type Election,
  type ElectionCause,
  isPending,
  votersFor,
  votesNeeded,
} from "../../model/election.ts";
import { memberById, nodeLabel, slotLabel, slotLabels } from "../../model/election-text.ts";
import type { EventText } from "../events.ts";

/**
 * @param before as remembered; what these tell was told
 * @param after the same and what is known since, in order
 */
export function electionEvents(
  before: readonly Election[],
  after: readonly Election[],
): EventText[] {
  const told = new Set(before.flatMap((e, i) => facts(before, i).map((f) => keyOf(e, f.reason))));
  const losses = new Set(before.flatMap((_, i) => lossOf(before, i) ?? []));
  return after.flatMap((election, i) => {
    const news = facts(after, i).filter((f) => !told.has(keyOf(election, f.reason)));
    const loss = lossOf(after, i);
    if (loss === null || losses.has(loss)) return news;
    losses.add(loss);
    return [leaderLost(election), ...news];
  });
}

function keyOf({ clusterId, term }: Election, reason: string): string {
  return `${clusterId} ${term} ${reason}`;
}

/**
 * The same for every term in which somebody stood until there was a leader again. The term that
 * the lost leader had is not always told right at first.
 */
function lossOf(elections: readonly Election[], index: number): string | null {
  const { clusterId, cause, previousLeader } = elections[index] as Election;
  if (previousLeader === null || cause === null || !wasLost(cause)) return null;
  const settled = elections
    .slice(0, index)
    .findLast((e) => e.clusterId === clusterId && e.leaderId !== null);
  return `${clusterId} ${settled?.term ?? previousLeader.term}`;
}

function facts(elections: readonly Election[], index: number): EventText[] {
  const election = elections[index] as Election;
  const next = elections[index + 1];
  const isOver = next !== undefined && next.clusterId === election.clusterId && !isPending(next);
  if (election.leaderId !== null) {
    const isTellable = isWellKnown(election) && isPlaced(election, election.leaderId);
    return isTellable || isOver ? [elected(election)] : [];
  }
  return isOver ? [notWon(election)] : [];
}

/** The rest of the story comes with the next agent's word, and an event is told once. */
function isWellKnown(election: Election): boolean {
  const { leaderId, toldBy, cause } = election;
  if (leaderId === null || cause === null) return false;
  // How long nobody led is what people ask first.
  if (wasLost(cause) && election.durationMs === null) return false;
  if (leaderId === toldBy) return true;
  const needed = votesNeeded(election);
  return needed !== null && votersFor(election, leaderId).length >= needed;
}

/** The leader before; it did not hand over. */
function wasLost(cause: ElectionCause): boolean {
  return cause === "LeaderLost" || cause === "QuorumLost";
}

/** Whether it is known which slot that member is: its bare id says nothing to a person. */
function isPlaced(election: Election, id: string): boolean {
  return (memberById(election, id)?.slot ?? null) !== null;
}

function leaderLost(election: Election): EventText {
  const { previousLeader, cause } = election;
  const who = nodeLabel(election, previousLeader?.leaderId ?? "");
  const how = cause === "QuorumLost" ? "steps down: it hears no quorum" : "is heard no more";
  return {
    type: "Warning",
    reason: "LeaderLost",
    message: `${who}, etcd's leader in term ${previousLeader?.term}, ${how}`,
  };
}

function notWon(election: Election): EventText {
  const needed = votesNeeded(election);
  const shares = election.candidates.map(({ member }) => {
    const count = votersFor(election, member).length;
    return `${slotLabel(election, member)} got ${count}${needed === null ? "" : ` of ${needed}`}`;
  });
  const message = `nobody won term ${election.term}: ${shares.join(", ")} votes needed`;
  const reason = shares.length > 1 ? "ElectionSplit" : "ElectionFailed";
  return { type: "Warning", reason, message };
}

function elected(election: Election): EventText {
  const { leaderId, term, previousLeader } = election;
  const id = leaderId ?? "";
  const name = memberById(election, id)?.name ?? null;
  const again = previousLeader?.leaderId === leaderId;
  const before = name === null ? "" : ` (${name}${again ? "" : " before"})`;
  const what = [votesOf(election, id), why(election)].filter((part) => part !== "").join(", ");
  const leads = `${slotLabel(election, id)}${before} leads etcd ${again ? "again " : ""}in term ${term}`;
  return {
    type: "Normal",
    reason: "LeaderElected",
    message: what === "" ? leads : `${leads}: ${what}`,
  };
}

function votesOf(election: Election, id: string): string {
  const voters = votersFor(election, id);
  if (voters.length === 0) return "";
  const of = election.voters.length === 0 ? "" : ` of ${election.voters.length}`;
  return `${voters.length}${of} votes (${slotLabels(election, voters)})`;
}

function why(election: Election): string {
  const { cause, durationMs, previousLeader } = election;
  const old = previousLeader === null ? "the leader" : slotLabel(election, previousLeader.leaderId);
  const took = durationMs === null ? "" : `${durationMs} ms `;
  switch (cause) {
    case "FirstElection":
      return "the first election";
    case "Restart":
      return "after a restart";
    case "Transfer":
      return `handed over by ${old}`;
    case "LeaderLost":
      return `${took}after ${old} was lost`;
    case "QuorumLost":
      return `${took}after ${old} lost its quorum`;
    case null:
      return "";
  }
}
