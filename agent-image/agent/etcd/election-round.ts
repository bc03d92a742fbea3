/** One term of an election in the making, as this member sees it. Pure. */
import {
  type ElectionCause,
  type ElectionMoment,
  type ElectionRecord,
  type ElectionVote,
  ELECTION_LIST_MAX,
} from "../../../controller/model/election.ts";

/** From the first sign that there is no leader until there is one. */
export interface Unrest {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly cause: ElectionCause | null;
  readonly previousLeader: ElectionRecord["previousLeader"];
  readonly toldBy: string;
  /** Nothing has told of it but what may lead to nothing without a word. */
  readonly hint: boolean;
}

/** As {@link ElectionRecord}, but `atMs` and `endedAt` are milliseconds since the epoch. */
export interface Round
  extends Pick<
    ElectionRecord,
    "term" | "voters" | "lost" | "preVotes" | "candidates" | "votes" | "learned" | "leaderId"
  > {
  readonly unrest: Unrest;
  readonly endedAt: number | null;
}

export function newRound(term: number, unrest: Unrest, voters: readonly string[]): Round {
  return {
    ...{ term, unrest, voters, leaderId: null, endedAt: null },
    ...{ lost: [], preVotes: [], candidates: [], votes: [], learned: [] },
  };
}

export function withMoment(
  list: readonly ElectionMoment[],
  moment: ElectionMoment,
): readonly ElectionMoment[] {
  return list.some((m) => m.member === moment.member) ? list : bounded([...list, moment]);
}

/** A lost answer is asked for again, and then logged twice; a no may become a yes. */
export function withBallot(
  list: readonly ElectionVote[],
  vote: ElectionVote,
): readonly ElectionVote[] {
  const isSame = (v: ElectionVote) => v.from === vote.from && v.candidate === vote.candidate;
  const before = list.find(isSame);
  if (before !== undefined && (before.granted || !vote.granted)) return list;
  return bounded([...list.filter((v) => v !== before), vote]);
}

/** Whoever stands has voted for itself. */
export function withCandidacy(round: Round, candidate: string, atMs: number): Round {
  const own = { candidate, from: candidate, granted: true, atMs };
  return {
    ...round,
    candidates: withMoment(round.candidates, { member: candidate, atMs }),
    votes: withBallot(round.votes, own),
  };
}

export function recordOf(round: Round): ElectionRecord {
  const { unrest, endedAt, ...told } = round;
  const { startedAt, cause, previousLeader, toldBy } = unrest;
  const since = <T extends { readonly atMs: number }>(list: readonly T[]) =>
    list.map((item) => ({ ...item, atMs: item.atMs - startedAt }));
  const sawIt = round.candidates.length > 0;
  return {
    ...told,
    cause,
    previousLeader,
    lost: since(round.lost),
    preVotes: since(round.preVotes),
    candidates: since(round.candidates),
    votes: since(round.votes),
    learned: since(round.learned),
    startedAt: new Date(startedAt).toISOString(),
    durationMs: endedAt === null || !sawIt ? null : endedAt - startedAt,
    toldBy,
  };
}

function bounded<T>(list: readonly T[]): readonly T[] {
  return list.slice(0, ELECTION_LIST_MAX);
}
