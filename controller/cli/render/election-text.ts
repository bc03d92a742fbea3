/** Elections told for a person: one a line, or step by step. Pure. */
import { ageOf, shortDuration } from "./units.ts";
import { electionSteps, type ElectionStep } from "./election-steps.ts";
import { renderTable, visibleLength } from "./table.ts";
import {
  type Election,
  type ElectionCause,
  isPending,
  votersFor,
  votesNeeded,
} from "../../model/election.ts";
import { nodeLabel, slotLabel, slotLabels } from "../../model/election-text.ts";

const NONE = "<none>";
/** Of a line of a story. */
const COLUMNS_MAX = 100;
const INDENT = "  ";
/** From here on times are told in seconds. */
const SECONDS_FROM_MS = 10_000;

const CAUSES: Readonly<Record<ElectionCause, string>> = {
  FirstElection: "first election",
  Restart: "restart",
  LeaderLost: "leader lost",
  QuorumLost: "quorum lost",
  Transfer: "handed over",
};

/** Newest first. */
export function electionsTable(elections: readonly Election[], now: number): string {
  if (elections.length === 0) return `${NONE}\n`;
  const rows = elections
    .toReversed()
    .map((election) => [
      String(election.term),
      ageOf(election.startedAt, now),
      election.cause === null ? "<unknown>" : CAUSES[election.cause],
      election.candidates.map((c) => tally(election, c.member)).join(", ") || "-",
      election.leaderId === null ? NONE : slotLabel(election, election.leaderId),
      election.durationMs === null ? "-" : `${election.durationMs}ms`,
    ]);
  return renderTable(["TERM", "AGE", "WHY", "VOTES", "LEADER", "TOOK"], rows);
}

/**
 * Newest last, so that it is what one sees in a terminal.
 *
 * @param latest how many of them, at most
 */
export function electionStories(
  elections: readonly Election[],
  latest: number,
  now: number,
): string {
  const first = Math.max(0, elections.length - latest);
  return elections
    .map((election, i) => story(election, elections[i - 1] ?? null, now))
    .slice(first)
    .join("\n");
}

function story(election: Election, previous: Election | null, now: number): string {
  const lines = [
    `Term ${election.term}, ${ageOf(election.startedAt, now)} ago: ${outcome(election, now)}`,
    `${INDENT}Why:   ${why(election)}`,
    `${INDENT}When:  ${when(election)}`,
  ];
  const steps = electionSteps(election, previous);
  const table = steps.length === 0 ? "" : `\n${stepsTable(election, steps)}`;
  return `${lines.map((line) => `${line}\n`).join("")}${table}`;
}

function outcome(election: Election, now: number): string {
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
function tally(election: Election, candidate: string): string {
  const votes = votersFor(election, candidate);
  const needed = votesNeeded(election);
  const share = needed === null ? String(votes.length) : `${votes.length}/${needed}`;
  return `${slotLabel(election, candidate)} ${share} (${slotLabels(election, votes)})`;
}

function why(election: Election): string {
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

function when(election: Election): string {
  const { startedAt, durationMs, toldBy, leaderId } = election;
  const time = startedAt.replace("T", " ").replace("Z", " UTC");
  const until =
    leaderId === null || durationMs === null
      ? ""
      : `, ${duration(durationMs)} until ${slotLabel(election, leaderId)} led`;
  return `from ${time}${until}, by the clock of ${slotLabel(election, toldBy)}`;
}

function stepsTable(election: Election, steps: readonly ElectionStep[]): string {
  const header = ["STEP", "NODE", "TERM", "VOTED FOR", "VOTES", "LEADER"];
  const blocks = steps.map((step) =>
    step.members.map(({ id, term, votedFor, votes, leader }, i) => {
      const what = i === 0 ? `${span(step)} ${step.what}` : "";
      return [what, nodeLabel(election, id), term, votedFor, votes, leader];
    }),
  );
  const rows = blocks.flatMap((block, i) => (i === 0 ? block : [[], ...block]));
  return renderTable(header, fitted(header, rows)).replace(/^(?=.)/gm, INDENT);
}

/** A long name loses its beginning, for its end tells it from the others. */
function fitted(header: readonly string[], rows: readonly (readonly string[])[]): string[][] {
  const widthOf = (column: number) =>
    Math.max(...[header, ...rows].map((row) => visibleLength(row[column] ?? "")));
  const others = header.map((_, column) => (column === 1 ? 0 : widthOf(column)));
  const gaps = 3 * (header.length - 1);
  const width = COLUMNS_MAX - INDENT.length - gaps - others.reduce((a, b) => a + b, 0);
  return rows.map((row) => row.map((cell, column) => (column === 1 ? clipped(cell, width) : cell)));
}

function clipped(label: string, width: number): string {
  if (label.length <= width) return label;
  const [slot = "", name = ""] = label.split(" (");
  const room = width - slot.length - " (…".length;
  return room < 2 ? slot : `${slot} (…${name.slice(-room)}`;
}

function span({ fromMs, toMs }: ElectionStep): string {
  const [from, to] = [duration(fromMs), duration(toMs)];
  if (from === to) return `+${from}`;
  const isSameUnit = from.endsWith(" ms") === to.endsWith(" ms");
  return isSameUnit ? `+${from.replace(/ m?s$/, "")}..${to}` : `+${from}..${to}`;
}

function duration(ms: number): string {
  return ms < SECONDS_FROM_MS ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
