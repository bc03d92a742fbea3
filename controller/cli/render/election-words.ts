/** An election in sentences: for the command line and the page alike. Pure. */
import { type Election, isPending, votersFor, votesNeeded } from "../../model/election.ts";
import { nodeLabel, slotLabel, slotLabels } from "../../model/election-text.ts";
import type { ElectionStep } from "./election-steps.ts";
import { shortDuration } from "./units.ts";

/** From here on times are told in seconds. */
const SECONDS_FROM_MS = 10_000;

/** Who leads, or that nobody does. */
export function outcome(election: Election, now: number): string {
  const { leaderId, candidates } = election;
  if (leaderId !== null) {
    const votes = votersFor(election, leaderId);
    const of = election.voters.length === 0 ? "" : ` of ${election.voters.length}`;
    const by =
      votes.length === 0 ? "" : `, with ${votes.length}${of} votes: ${slotLabels(election, votes)}`;
    return `${nodeLabel(election, leaderId)} leads${by}`;
  }
  if (isPending(election))
    return `no leader for ${shortDuration(now - Date.parse(election.startedAt))}`;
  const shares = candidates.map((c) => tally(election, c.member)).join(", ");
  return `${candidates.length > 1 ? "split vote, " : ""}nobody has won: ${shares}`;
}

/** `slot 0 2/2 (slots 0, 1)`: what it got of what it needs, and from whom. */
export function tally(election: Election, candidate: string): string {
  const votes = votersFor(election, candidate);
  const needed = votesNeeded(election);
  const share = needed === null ? String(votes.length) : `${votes.length}/${needed}`;
  return `${slotLabel(election, candidate)} ${share} (${slotLabels(election, votes)})`;
}

export function why(election: Election): string {
  const { cause, previousLeader } = election;
  const leader =
    previousLeader === null ? "the leader" : nodeLabel(election, previousLeader.leaderId);
  const old =
    previousLeader === null ? leader : `${leader}, the leader in term ${previousLeader.term},`;
  switch (cause) {
    case "FirstElection":
      return "the cluster's first election";
    case "Restart":
      return "the members were started and found no leader";
    case "LeaderLost":
      return `${old} was heard no more`;
    case "QuorumLost":
      return `${old} stepped down: it heard no quorum`;
    case "Transfer":
      return `${old} handed over`;
    case null:
      return "no member's log tells";
  }
}

export function when(election: Election): string {
  const { startedAt, durationMs, toldBy, leaderId } = election;
  const time = startedAt.replace("T", " ").replace("Z", " UTC");
  const until =
    leaderId === null || durationMs === null
      ? ""
      : `, ${duration(durationMs)} until ${slotLabel(election, leaderId)} led`;
  return `from ${time}${until}, by the clock of ${slotLabel(election, toldBy)}`;
}

/** When, from the election's start. */
export function span({ fromMs, toMs }: ElectionStep): string {
  const [from, to] = [duration(fromMs), duration(toMs)];
  if (from === to) return `+${from}`;
  const isSameUnit = from.endsWith(" ms") === to.endsWith(" ms");
  return isSameUnit ? `+${from.replace(/ m?s$/, "")}..${to}` : `+${from}..${to}`;
}

function duration(ms: number): string {
  return ms < SECONDS_FROM_MS ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
