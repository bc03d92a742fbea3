/**
 * What several members tell of one election, put together. Pure.
 *
 * The clocks of hosts differ, so one member's clock tells the whole election: that of a member that
 * took part and knew the leader before, the winner's if it did. What others tell is shifted to it
 * by what both of them saw, which is how a candidate stood; the clocks themselves are compared only
 * for a member that saw no candidate, and then nothing gets earlier than it can have been.
 */
import {
  type ElectionCause,
  type ElectionMoment,
  type ElectionRecord,
  type ElectionVote,
  ELECTION_LIST_MAX,
} from "../../model/election.ts";
import { epochMs } from "../timestamp.ts";

/** From what only those concerned can tell to what is just not known otherwise. */
const CAUSES: readonly (ElectionCause | null)[] = [
  "Transfer",
  "QuorumLost",
  "LeaderLost",
  "FirstElection",
  "Restart",
  null,
];

/** @param known by one member or already by several, as `seen`; both of the same term */
export function mergeRecords(known: ElectionRecord, seen: ElectionRecord): ElectionRecord {
  const leaderId = known.leaderId ?? seen.leaderId;
  const isBetter = rank(seen, leaderId) > rank(known, leaderId);
  const [base, other] = isBetter ? [seen, known] : [known, seen];
  const told = shifted(base, other);
  const { candidates, votes, preVotes, lost, learned } = base;
  return {
    term: base.term,
    cause: CAUSES.find((c) => c === base.cause || c === other.cause) ?? null,
    previousLeader: newer(base.previousLeader, other.previousLeader),
    voters: base.voters.length > 0 ? base.voters : other.voters,
    lost: union(lost, told.lost, memberOf),
    preVotes: ballots(preVotes, told.preVotes),
    candidates: union(candidates, told.candidates, memberOf),
    votes: ballots(votes, told.votes),
    learned: union(learned, told.learned, memberOf),
    leaderId,
    startedAt: base.startedAt,
    durationMs: durationOf(base, told),
    toldBy: base.toldBy,
  };
}

/** How good a witness of the whole election the member is whose clock tells it. */
function rank(record: ElectionRecord, leaderId: string | null): number {
  const { toldBy, candidates, votes, previousLeader } = record;
  const tookPart =
    candidates.some((c) => c.member === toldBy) || votes.some((v) => v.from === toldBy);
  return (tookPart ? 4 : 0) + (previousLeader === null ? 0 : 2) + (toldBy === leaderId ? 1 : 0);
}

/** The same as `other` tells, by the clock of `base`. */
function shifted(base: ElectionRecord, other: ElectionRecord): ElectionRecord {
  const byMs = shiftBetween(base, other);
  const move = <T extends ElectionMoment | ElectionVote>(list: readonly T[], notBefore = 0) =>
    list.map((item) => ({ ...item, atMs: Math.max(notBefore, item.atMs + byMs) }));
  return {
    ...other,
    lost: move(other.lost),
    preVotes: move(other.preVotes),
    candidates: move(other.candidates),
    votes: move(other.votes),
    // Nobody knows the leader before the one that leads.
    learned: move(other.learned, base.durationMs ?? 0),
    durationMs: other.durationMs === null ? null : Math.max(0, other.durationMs + byMs),
  };
}

function shiftBetween(base: ElectionRecord, other: ElectionRecord): number {
  if (base.toldBy !== other.toldBy) {
    for (const { member, atMs } of base.candidates) {
      const seen = other.candidates.find((c) => c.member === member);
      if (seen !== undefined) return atMs - seen.atMs;
    }
  }
  return epochMs(other.startedAt) - epochMs(base.startedAt);
}

function durationOf(base: ElectionRecord, told: ElectionRecord): number | null {
  // The same member may have told less before.
  if (base.toldBy === told.toldBy) return told.durationMs ?? base.durationMs;
  return base.durationMs ?? told.durationMs;
}

function newer(
  a: ElectionRecord["previousLeader"],
  b: ElectionRecord["previousLeader"],
): ElectionRecord["previousLeader"] {
  if (a === null || b === null) return a ?? b;
  return b.term > a.term ? b : a;
}

function ballots(mine: readonly ElectionVote[], others: readonly ElectionVote[]): ElectionVote[] {
  const isSame = (a: ElectionVote, b: ElectionVote) =>
    a.from === b.from && a.candidate === b.candidate;
  const kept = mine.filter((m) => m.granted || !others.some((o) => o.granted && isSame(m, o)));
  return union(kept, others, (v) => `${v.from} ${v.candidate}`);
}

/** The first of each key, in the order of time. */
function union<T extends { readonly atMs: number }>(
  mine: readonly T[],
  others: readonly T[],
  keyOf: (item: T) => string,
): T[] {
  const keys = new Set(mine.map(keyOf));
  const all = [...mine, ...others.filter((item) => !keys.has(keyOf(item)))];
  return all.sort((a, b) => a.atMs - b.atMs).slice(0, ELECTION_LIST_MAX);
}

function memberOf(moment: ElectionMoment): string {
  return moment.member;
}
