import { describe, expect, test } from "vitest";
import { type ElectionRecord, votersFor } from "../../../../controller/model/election.ts";
import { mergeRecords } from "../../../../controller/plan/elections/merge.ts";
import { FIVE, idOf, type Member, mergedOf, QUORUM, SPLIT, THREE, toldBy } from "./captured.ts";

function recordOf(member: Member, term: number): ElectionRecord {
  const record = toldBy(member).find((r) => r.term === term);
  if (record === undefined) throw new Error(`${member} saw no election of term ${term}`);
  return record;
}

/** The same, told by a host whose clock is off. */
function skewed(record: ElectionRecord, ms: number): ElectionRecord {
  const startedAt = new Date(Date.parse(record.startedAt) + ms).toISOString();
  return { ...record, startedAt };
}

/** Every order of a few things. */
function orders<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item) =>
    orders(items.filter((i) => i !== item)).map((rest) => [item, ...rest]),
  );
}

describe("an election that several members tell", () => {
  test("has the votes of all, also those that the winner did not need", () => {
    const winner = recordOf("five-e", 2);
    expect(votersFor(winner, idOf("five-e"))).toHaveLength(3);
    expect(votersFor(mergedOf(FIVE, 2), idOf("five-e"))).toHaveLength(5);
  });

  test("is told by the winner's clock, whoever was heard first", () => {
    const records = ["five-a", "five-b", "five-c", "five-d"].map((m) => recordOf(m, 3));
    for (const order of orders(records)) {
      const merged = order.reduce(mergeRecords);
      expect(merged).toMatchObject({
        toldBy: idOf("five-c"),
        durationMs: 720,
        startedAt: "2026-11-25T02:53:46.904Z",
      });
      expect(merged.learned).toHaveLength(4);
      expect(merged.votes).toHaveLength(8);
    }
  });

  test("tells of both candidates who voted for them and who did not", () => {
    const merged = mergedOf(FIVE, 3);
    const [loser, winner] = [idOf("five-a"), idOf("five-c")];
    expect(votersFor(merged, loser)).toEqual([loser]);
    expect(votersFor(merged, winner)).toHaveLength(3);
    const against = merged.votes.filter((v) => !v.granted && v.candidate === loser);
    expect(against.map((v) => v.from).sort()).toEqual(
      ["five-b", "five-c", "five-d"].map(idOf).sort(),
    );
  });

  test("is the same when a voter's clock is an hour off", () => {
    const [winner, voter] = [recordOf("three-c", 4), recordOf("three-a", 4)];
    for (const ms of [-3_600_000, 3_600_000]) {
      expect(mergeRecords(winner, skewed(voter, ms))).toEqual(mergeRecords(winner, voter));
      expect(mergeRecords(skewed(voter, ms), winner)).toEqual(mergeRecords(winner, voter));
    }
  });

  test("is not made longer or shorter by a member that missed it", () => {
    const witnesses = ["three-c-again", "three-b-again"].map((m) => recordOf(m, 6));
    const late = recordOf("three-a", 6);
    const without = witnesses.reduce(mergeRecords);
    for (const ms of [-3_600_000, 0, 3_600_000]) {
      const merged = mergeRecords(without, skewed(late, ms));
      expect(merged).toEqual(mergeRecords(skewed(late, ms), without));
      expect(merged).toMatchObject({ startedAt: without.startedAt, durationMs: 2 });
      const learned = merged.learned.find((m) => m.member === idOf("three-a"));
      expect(learned?.atMs).toBeGreaterThanOrEqual(2);
    }
    const learned = mergeRecords(without, late).learned.at(-1);
    expect(learned).toEqual({ member: idOf("three-a"), atMs: 454 });
  });

  test("counts from the former leader's step down when the winner was not there yet", () => {
    const merged = mergedOf(QUORUM, 3);
    expect(merged).toMatchObject({ cause: "QuorumLost", durationMs: 1261 });
    expect(merged.toldBy).toBe(merged.previousLeader?.leaderId);
    expect(merged.leaderId).toBe(idOf("quorum-a-again"));
  });

  test("was a transfer as soon as one of the two concerned says so", () => {
    const [voter, old] = [recordOf("three-c", 3), recordOf("three-a", 3)];
    expect(voter.cause).toBeNull();
    expect(mergeRecords(voter, old).cause).toBe("Transfer");
    expect(mergeRecords(old, voter).cause).toBe("Transfer");
  });

  test("stays as it is when the same is told again", () => {
    for (const [members, terms] of [
      [THREE, [2, 3, 4, 5, 6]],
      [SPLIT, [2, 3, 4]],
      [QUORUM, [2, 3]],
      [FIVE, [2, 3]],
    ] as const) {
      for (const term of terms) {
        const merged = mergedOf(members, term);
        const again = members.flatMap((m) => toldBy(m).filter((r) => r.term === term));
        for (const record of again) expect(mergeRecords(merged, record)).toEqual(merged);
      }
    }
  });

  test("has nothing before its start, and nobody who knows a leader that does not lead yet", () => {
    for (const [members, term] of [
      [THREE, 4],
      [THREE, 6],
      [SPLIT, 3],
      [QUORUM, 3],
      [FIVE, 3],
    ] as const) {
      const { lost, preVotes, candidates, votes, learned, durationMs } = mergedOf(members, term);
      const all = [...lost, ...preVotes, ...candidates, ...votes, ...learned].map((m) => m.atMs);
      expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
      expect(Math.min(...learned.map((m) => m.atMs))).toBeGreaterThanOrEqual(durationMs ?? 0);
    }
  });

  test("gets what its first teller adds later", () => {
    const whole = recordOf("three-c", 4);
    const before = { ...whole, leaderId: null, durationMs: null, learned: [] };
    expect(mergeRecords(before, whole)).toEqual(whole);
  });
});
