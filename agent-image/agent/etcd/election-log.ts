/** Elections, put together from what this member's etcd logged. Pure. */
import type { ElectionRecord } from "../../../controller/model/agent-api.ts";
import type { EtcdLogEvent } from "./log-line.ts";

const ELECTIONS_MAX = 10;

interface Vote {
  readonly candidate: string;
  readonly from: string;
  readonly granted: boolean;
}

interface Election {
  readonly term: number;
  readonly candidates: readonly string[];
  readonly votes: readonly Vote[];
  readonly leaderId: string | null;
  /** Milliseconds since the epoch, as `endedAt`. */
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface ElectionLog {
  /** Newest last. */
  readonly elections: readonly Election[];
  /** When the unrest began that has led to no leader yet; milliseconds since the epoch. */
  readonly unrestSince: number | null;
}

export const NO_ELECTIONS: ElectionLog = { elections: [], unrestSince: null };

/** @param at when it was logged, milliseconds since the epoch */
export function foldElections(log: ElectionLog, event: EtcdLogEvent, at: number): ElectionLog {
  switch (event.type) {
    case "unrest":
    case "leader-lost":
      return log.unrestSince === null ? { ...log, unrestSince: at } : log;
    case "candidate":
      return inTerm(log, event.term, at, (election) => withCandidate(election, event.candidate));
    case "vote":
      return inTerm(log, event.term, at, (election) => withVote(election, event));
    case "leader-elected":
      return withLeader(log, event.leaderId, event.term, at);
    default:
      return log;
  }
}

/** Of an election that was won, the votes for the winner; of another, all of them. */
export function electionRecords(log: ElectionLog): readonly ElectionRecord[] {
  return log.elections.map(({ term, candidates, votes, leaderId, startedAt, endedAt }) => ({
    term,
    candidates,
    votes: votes
      .filter((vote) => leaderId === null || vote.candidate === leaderId)
      .map(({ from, granted }) => ({ from, granted })),
    leaderId,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: endedAt === null ? null : endedAt - startedAt,
  }));
}

function withLeader(log: ElectionLog, leaderId: string, term: number, at: number): ElectionLog {
  const quiet: ElectionLog = { ...log, unrestSince: null };
  const known = log.elections.find((e) => e.term === term);
  // A leader that was out of sight was not elected again.
  if (known?.leaderId === leaderId) return quiet;
  // A member that has just started finds a leader: it saw no election.
  if (known === undefined && log.unrestSince === null) return quiet;
  const settled = inTerm(log, term, at, (e) => ({ ...e, leaderId, endedAt: at }));
  return { ...settled, unrestSince: null };
}

function inTerm(
  log: ElectionLog,
  term: number,
  at: number,
  change: (election: Election) => Election,
): ElectionLog {
  const startedAt = log.unrestSince ?? at;
  const fresh: Election = {
    term,
    candidates: [],
    votes: [],
    leaderId: null,
    startedAt,
    endedAt: null,
  };
  const election = log.elections.find((e) => e.term === term) ?? fresh;
  const others = log.elections.filter((e) => e.term !== term);
  const all = [...others, change(election)].sort((a, b) => a.term - b.term);
  return { elections: all.slice(-ELECTIONS_MAX), unrestSince: startedAt };
}

function withCandidate(election: Election, candidate: string): Election {
  if (election.candidates.includes(candidate)) return election;
  return { ...election, candidates: [...election.candidates, candidate] };
}

/** A lost answer is asked for again, and then logged twice. */
function withVote(election: Election, { candidate, from, granted }: Vote): Election {
  const named = withCandidate(election, candidate);
  if (named.votes.some((v) => v.from === from && v.candidate === candidate)) return named;
  return { ...named, votes: [...named.votes, { candidate, from, granted }] };
}
