/** An election step by step: what stands in the story's table after each. Pure. */
import {
  type Election,
  type ElectionVote,
  mentioned,
  votersFor,
  votesNeeded,
} from "../../model/election.ts";
import { memberById, slotLabel, slotLabels } from "../../model/election-text.ts";

/** What is known of a member, in the words of the table. */
export interface MemberCells {
  readonly id: string;
  readonly term: string;
  readonly votedFor: string;
  readonly votes: string;
  readonly leader: string;
}

export interface ElectionStep {
  readonly what: string;
  /** When the step's first and last part happened, in milliseconds from the start. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly members: readonly MemberCells[];
}

/** Of a cell that names several nodes. */
const LABELS_LENGTH_MAX = 16;
const NONE = "-";
/** Nothing was heard of it: it may be dead. */
const SILENT = "?";

type Change = (cells: MemberCells) => MemberCells;

/**
 * Every member goes through an election in the same order, so what the members did in it is told
 * in that order, whoever was first.
 *
 * @param previous the election before, which tells who knew which term
 */
export function electionSteps(election: Election, previous: Election | null): ElectionStep[] {
  const { cause, lost, preVotes, candidates, votes, learned } = election;
  const steps: ElectionStep[] = [];
  let members = cellsBefore(election, previous);
  const add = (what: string, parts: readonly { readonly atMs: number }[], change: Change) => {
    if (parts.length === 0) return;
    members = members.map((cells) => (cells.term === SILENT ? cells : change(cells)));
    const times = parts.map((p) => p.atMs);
    steps.push({ what, fromMs: Math.min(...times), toMs: Math.max(...times), members });
  };
  // What was lost, and a vote before the vote, which is none, are told in their own step only.
  const before = members;
  add(lossName(cause), lost, afterLoss(election));
  members = before;
  add("pre-vote", preVotes, afterPreVotes(election));
  members = before;
  add("candidacy", candidates, afterCandidacy(election));
  add("votes", votes, afterVotes(election));
  add("leader known", learned, afterLearning(election));
  return steps;
}

function cellsBefore(election: Election, previous: Election | null): MemberCells[] {
  const heard = new Set(membersHeard(election));
  const slotOf = (id: string) => memberById(election, id)?.slot ?? Number.MAX_SAFE_INTEGER;
  const ids = mentioned(election).toSorted((a, b) => slotOf(a) - slotOf(b));
  return ids.map((id) => {
    if (!heard.has(id)) {
      return { id, term: SILENT, votedFor: SILENT, votes: SILENT, leader: SILENT };
    }
    return {
      id,
      term: termBefore(election, previous, id),
      votedFor: NONE,
      votes: NONE,
      leader: NONE,
    };
  });
}

/** Who told something, or did something that another one told. */
function membersHeard({ lost, preVotes, candidates, votes, learned }: Election): string[] {
  return [
    ...[...lost, ...candidates, ...learned].map((m) => m.member),
    ...[...preVotes, ...votes].map((v) => v.from),
  ];
}

/** A candidate raises its term by one; a voter may have been in any lower one. */
function termBefore(election: Election, previous: Election | null, id: string): string {
  const { term, candidates, previousLeader, lost } = election;
  if (candidates.some((c) => c.member === id)) return String(term - 1);
  if (previousLeader !== null && lost.some((m) => m.member === id))
    return String(previousLeader.term);
  const wasThere =
    previous?.clusterId === election.clusterId && membersHeard(previous).includes(id);
  return wasThere ? String(previous.term) : NONE;
}

function lossName(cause: Election["cause"]): string {
  if (cause === "Transfer") return "handed over";
  return cause === "QuorumLost" ? "steps down" : "leader lost";
}

function afterLoss(election: Election): Change {
  const { lost, previousLeader } = election;
  return (cells) =>
    previousLeader !== null && lost.some((m) => m.member === cells.id)
      ? { ...cells, leader: `lost ${slotLabel(election, previousLeader.leaderId)}` }
      : cells;
}

function afterPreVotes(election: Election): Change {
  const { preVotes } = election;
  return (cells) => {
    const asked = preVotes.filter((v) => v.from === cells.id);
    const granted = asked.filter((v) => v.granted).map((v) => v.candidate);
    const isCandidate = preVotes.some((v) => v.candidate === cells.id);
    const answer = granted.length === 0 ? "(no)" : `(${severalLabels(election, granted)})`;
    return {
      ...cells,
      votedFor: asked.length === 0 ? cells.votedFor : answer,
      votes: isCandidate ? `(${share(election, grantsFor(preVotes, cells.id))})` : cells.votes,
    };
  };
}

function afterCandidacy(election: Election): Change {
  return (cells) => {
    if (!election.candidates.some((c) => c.member === cells.id)) return cells;
    const votedFor = slotLabel(election, cells.id);
    return {
      ...cells,
      term: String(election.term),
      votedFor,
      votes: share(election, 1),
      leader: NONE,
    };
  };
}

function afterVotes(election: Election): Change {
  return (cells) => {
    const asked = election.votes.filter((v) => v.from === cells.id);
    const granted = asked.find((v) => v.granted);
    const isCandidate = election.candidates.some((c) => c.member === cells.id);
    if (asked.length === 0) return cells;
    return {
      ...cells,
      term: String(election.term),
      votedFor: granted === undefined ? "nobody" : slotLabel(election, granted.candidate),
      votes: isCandidate ? share(election, votersFor(election, cells.id).length) : cells.votes,
      leader: NONE,
    };
  };
}

function afterLearning(election: Election): Change {
  const { learned, leaderId, term } = election;
  return (cells) => {
    if (!learned.some((m) => m.member === cells.id) || leaderId === null) return cells;
    const leader = leaderId === cells.id ? "itself" : slotLabel(election, leaderId);
    return { ...cells, term: String(term), leader };
  };
}

function grantsFor(votes: readonly ElectionVote[], candidate: string): number {
  return votes.filter((v) => v.granted && v.candidate === candidate).length;
}

/** A pre-vote may be given to every candidate. */
function severalLabels(election: Election, ids: readonly string[]): string {
  const labels = slotLabels(election, ids);
  return labels.length <= LABELS_LENGTH_MAX ? labels : `${ids.length} nodes`;
}

/** What it got of what it needs. */
function share(election: Election, count: number): string {
  return `${count}/${votesNeeded(election) ?? SILENT}`;
}
