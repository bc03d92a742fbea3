/** Elections told for a person: one a line, or step by step. Pure. */
import { ageOf } from "./units.ts";
import { electionSteps, type ElectionStep } from "./election-steps.ts";
import { outcome, span, tally, when, why } from "./election-words.ts";
import { renderTable, visibleLength } from "./table.ts";
import type { Election, ElectionCause } from "../../model/election.ts";
import { nodeLabel, slotLabel } from "../../model/election-text.ts";

const NONE = "<none>";
/** Of a line of a story. */
const COLUMNS_MAX = 100;
const INDENT = "  ";

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
