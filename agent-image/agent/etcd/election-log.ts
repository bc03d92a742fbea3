/** Elections, put together from what this member's etcd logged. Pure. */
import {
  type ElectionCause,
  type ElectionRecord,
  ELECTIONS_MAX,
} from "../../../controller/model/election.ts";
import {
  newRound,
  recordOf,
  type Round,
  type Unrest,
  withBallot,
  withCandidacy,
  withMoment,
} from "./election-round.ts";
import type { EtcdLogEvent } from "./log-line.ts";

/** A hint that led to nothing within this is no sign of the next election (milliseconds). */
const HINT_MS_MAX = 5_000;

export interface ElectionLog {
  /** Terms in which somebody stood; newest last. */
  readonly rounds: readonly Round[];
  /** The one in which somebody may stand next; its term is what it will likely be. */
  readonly upcoming: Round | null;
  /** Null while a leader is known. */
  readonly unrest: Unrest | null;
  /** Of what was told last, milliseconds since the epoch. */
  readonly latestAt: number;
  /** The last leader that this member has known since its etcd was started. */
  readonly leader: ElectionRecord["previousLeader"];
  readonly voters: readonly string[];
  /** Peers that are out of reach, and since when. */
  readonly broken: Readonly<Record<string, number>>;
}

export const NO_ELECTIONS: ElectionLog = {
  ...{ rounds: [], upcoming: null, unrest: null, latestAt: 0, leader: null, voters: [] },
  broken: {},
};

type EventOf<T extends EtcdLogEvent["type"]> = Extract<EtcdLogEvent, { readonly type: T }>;

/** @param at when it was logged, milliseconds since the epoch */
export function foldElections(log: ElectionLog, event: EtcdLogEvent, at: number): ElectionLog {
  switch (event.type) {
    case "identity":
      // etcd was started: what its former process was about is over.
      return { ...NO_ELECTIONS, rounds: log.rounds };
    case "voters":
      return { ...log, voters: event.voters };
    case "peer-lost":
      return { ...log, broken: { ...log.broken, [event.peerId]: at } };
    case "peer-back":
      return withoutBreak(log, event.peerId);
    case "transfer":
      // It may come to nothing, which is not logged.
      return stirred(log, event.member, at, "Transfer", true);
    case "quorum-lost":
      return stirred(log, event.member, at, "QuorumLost");
    case "campaign":
      return stirred(log, event.member, at, causeOf(log, event.term));
    case "leader-lost":
      return withLoss(log, event, at);
    case "pre-vote":
      return withPreVote(log, event, at);
    case "candidate":
      return withCandidate(log, event, at);
    case "vote":
      return withVote(log, event, at);
    case "leader-elected":
      return withLeader(log, event, at);
    default:
      return log;
  }
}

export function electionRecords(log: ElectionLog): readonly ElectionRecord[] {
  const { rounds, upcoming } = log;
  const told = upcoming !== null && upcoming.lost.length > 0 ? [...rounds, upcoming] : rounds;
  return told.slice(-ELECTIONS_MAX).map(recordOf);
}

/** Why somebody campaigns or would be voted for, when the log does not say more. */
function causeOf({ leader }: ElectionLog, term: number): ElectionCause {
  if (leader !== null) return "LeaderLost";
  // The first members are written into the log as of term 1.
  return term <= 1 ? "FirstElection" : "Restart";
}

/** There is unrest: it begins now, or more is told of what causes it. */
function stirred(
  log: ElectionLog,
  toldBy: string,
  at: number,
  cause: ElectionCause | null,
  hint = false,
): ElectionLog {
  const before = isStale(log, at) ? null : log.unrest;
  if (before !== null) {
    const now = { ...log, latestAt: Math.max(log.latestAt, at) };
    return withUnrest(now, { ...before, cause: before.cause ?? cause, hint: before.hint && hint });
  }
  const { leader, broken } = log;
  const brokenAt = leader === null ? undefined : broken[leader.leaderId];
  const unrest: Unrest = {
    startedAt: Math.min(brokenAt ?? at, at),
    // A leader that hands over is in sight while it does.
    cause: cause ?? (brokenAt === undefined ? null : "LeaderLost"),
    previousLeader: leader,
    toldBy,
    hint,
  };
  return { ...log, unrest, upcoming: null, latestAt: at };
}

function isStale({ unrest, latestAt }: ElectionLog, at: number): boolean {
  return unrest !== null && unrest.hint && at - latestAt > HINT_MS_MAX;
}

function withUnrest(log: ElectionLog, unrest: Unrest): ElectionLog {
  const renew = (round: Round) => (round.unrest === log.unrest ? { ...round, unrest } : round);
  const { rounds, upcoming } = log;
  return { ...log, unrest, rounds: rounds.map(renew), upcoming: upcoming && renew(upcoming) };
}

function withoutBreak(log: ElectionLog, peerId: string): ElectionLog {
  const { [peerId]: _, ...broken } = log.broken;
  return { ...log, broken };
}

function withLoss(before: ElectionLog, event: EventOf<"leader-lost">, at: number): ElectionLog {
  const { member, term } = event;
  const log = stirred(before, member, at, null);
  const lose = (round: Round) => ({
    ...round,
    lost: withMoment(round.lost, { member, atMs: log.latestAt }),
  });
  const isOpen = log.rounds.some((r) => r.term === term && r.leaderId === null);
  // A voter learns of the candidate first, and has its term then.
  if (isOpen) return inRound(log, term, lose);
  return inUpcoming(before.unrest === null ? caused(log) : log, term + 1, lose);
}

/** A leader that is just not heard any more was not handed over. */
function caused(log: ElectionLog): ElectionLog {
  return log.unrest === null
    ? log
    : withUnrest(log, { ...log.unrest, cause: log.unrest.cause ?? "LeaderLost" });
}

function withPreVote(before: ElectionLog, event: EventOf<"pre-vote">, at: number): ElectionLog {
  const { member, candidate, from, granted, term } = event;
  // A no may belong to the term that is being voted on, or to what was never heard of again.
  const isClear = before.unrest !== null && !before.rounds.some((r) => r.term === term);
  if (!granted && !isClear) return before;
  const log = stirred(before, member, at, causeOf(before, term), before.unrest === null);
  return inUpcoming(log, term + 1, (round) => ({
    ...round,
    preVotes: withBallot(round.preVotes, { candidate, from, granted, atMs: log.latestAt }),
  }));
}

function withCandidate(before: ElectionLog, event: EventOf<"candidate">, at: number): ElectionLog {
  const { member, candidate, term } = event;
  const known = before.rounds.find((r) => r.term === term);
  if (known !== undefined && known.leaderId !== null) return before;
  const log = stirred(before, member, at, causeOfVote(before, term));
  return inRound(log, term, (round) => withCandidacy(round, candidate, log.latestAt));
}

/** With a leader in sight the log does not tell a voter whether it hands over. */
function causeOfVote(log: ElectionLog, term: number): ElectionCause | null {
  return log.leader === null ? causeOf(log, term - 1) : null;
}

function withVote(before: ElectionLog, event: EventOf<"vote">, at: number): ElectionLog {
  const { candidate, from, granted, term } = event;
  const known = before.rounds.find((r) => r.term === term);
  // An old request that comes late is refused, long after the election.
  if (known === undefined ? !granted : known.leaderId !== null) return before;
  const log = withCandidate(before, { ...event, type: "candidate" }, at);
  return inRound(log, term, (round) => ({
    ...round,
    votes: withBallot(round.votes, { candidate, from, granted, atMs: log.latestAt }),
  }));
}

function withLeader(
  before: ElectionLog,
  event: EventOf<"leader-elected">,
  at: number,
): ElectionLog {
  const { member, leaderId, term } = event;
  const quiet = { upcoming: null, unrest: null, leader: { leaderId, term } };
  if (!isElection(before, event)) return withoutBreak({ ...before, ...quiet }, leaderId);
  const log = stirred(before, member, at, null);
  const settled = inRound(log, term, (round) => ({
    ...round,
    leaderId,
    endedAt: log.latestAt,
    learned: withMoment(round.learned, { member, atMs: log.latestAt }),
  }));
  return withoutBreak({ ...settled, ...quiet }, leaderId);
}

function isElection(log: ElectionLog, { leaderId, term }: EventOf<"leader-elected">): boolean {
  const known = log.rounds.find((r) => r.term === term);
  if (known !== undefined) return known.leaderId === null;
  // A leader that was out of sight was not elected again, and a member that was just started
  // finds a leader: it saw no election.
  return log.leader !== null && (log.leader.leaderId !== leaderId || log.leader.term !== term);
}

/** What was told of the round to come belongs to the one that came. */
function inRound(log: ElectionLog, term: number, change: (round: Round) => Round): ElectionLog {
  const known = log.rounds.find((r) => r.term === term);
  const { unrest, upcoming, voters } = log;
  if (known !== undefined) {
    return { ...log, rounds: log.rounds.map((r) => (r === known ? change(r) : r)) };
  }
  if (unrest === null) return log;
  const round = { ...(upcoming ?? newRound(term, unrest, voters)), term, voters };
  const rounds = [...log.rounds, change(round)].sort((a, b) => a.term - b.term);
  return { ...log, upcoming: null, rounds: rounds.slice(-ELECTIONS_MAX) };
}

function inUpcoming(log: ElectionLog, term: number, change: (round: Round) => Round): ElectionLog {
  if (log.unrest === null) return log;
  const upcoming = log.upcoming ?? newRound(term, log.unrest, log.voters);
  return { ...log, upcoming: change({ ...upcoming, term }) };
}
