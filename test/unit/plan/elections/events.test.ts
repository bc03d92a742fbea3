import { describe, expect, test } from "vitest";
import type { Election } from "../../../../controller/model/election.ts";
import { electionEvents } from "../../../../controller/plan/elections/events.ts";
import { electionsTold, FIVE, QUORUM, SPLIT, THREE } from "./captured.ts";

function told(before: readonly Election[], after: readonly Election[]): string[] {
  return electionEvents(before, after).map((e) => `${e.type} ${e.reason}: ${e.message}`);
}

describe("events of elections", () => {
  test("tell a split vote, the leader that was lost before it and the one that came of it", () => {
    expect(told([], electionsTold(SPLIT))).toEqual([
      "Normal LeaderElected: slot 0 leads etcd in term 2: 3 of 3 votes (slots 0, 1, 2), " +
        "the first election",
      "Warning LeaderLost: slot 0 (lab-0), etcd's leader in term 2, is heard no more",
      "Warning ElectionSplit: nobody won term 3: slot 1 got 1 of 2, slot 2 got 1 of 2 votes needed",
      "Normal LeaderElected: slot 1 (lab-1 before) leads etcd in term 4: 2 of 3 votes " +
        "(slots 1, 2), 972 ms after slot 0 was lost",
    ]);
  });

  test("of a leader that hands over tell no loss", () => {
    const [, transfer] = electionsTold(THREE);
    expect(told([], [transfer as Election])).toEqual([
      "Normal LeaderElected: slot 1 (lab-1 before) leads etcd in term 3: 3 of 3 votes " +
        "(slots 0, 1, 2), handed over by slot 0",
    ]);
  });

  test("say when a leader lost its quorum", () => {
    expect(told([], electionsTold(QUORUM)).slice(1)).toEqual([
      "Warning LeaderLost: slot 1 (lab-1), etcd's leader in term 2, steps down: it hears no quorum",
      "Normal LeaderElected: slot 0 (lab-0 before) leads etcd in term 3: 3 of 3 votes " +
        "(slots 0, 1, 2), 1261 ms after slot 1 lost its quorum",
    ]);
  });

  test("are told once, whenever the facts come in", () => {
    const all = electionsTold(SPLIT);
    for (let seen = 0; seen <= all.length; seen++) {
      const first = told([], all.slice(0, seen));
      expect([...first, ...told(all.slice(0, seen), all)]).toEqual(told([], all));
    }
  });

  test("tell a loss once, also when the term of the lost leader is first told wrong", () => {
    const [first, split, won] = electionsTold(SPLIT) as [Election, Election, Election];
    const previousLeader = { leaderId: split.previousLeader?.leaderId ?? "", term: 1 };
    const early = [first, { ...split, previousLeader }];
    expect(told([first], early)).toHaveLength(1);
    expect(told(early, [first, split, won]).filter((e) => e.includes("LeaderLost"))).toEqual([]);
  });

  test("wait for the winner, or for enough votes and the cause, before they tell who leads", () => {
    const [, won] = electionsTold(FIVE) as [Election, Election];
    const early = { ...won, toldBy: "f", votes: won.votes.slice(0, 1) };
    expect(told([], [early]).filter((e) => e.includes("LeaderElected"))).toEqual([]);
    const unexplained = { ...won, toldBy: "f", cause: null };
    expect(told([], [unexplained])).toEqual([]);
    expect(told([early], [won])).toHaveLength(1);
    expect(told([won], [won])).toEqual([]);
    // As the winner's own log begins when the other one asked for its vote first.
    expect(told([], [{ ...won, cause: null }])).toEqual([]);
  });

  test("wait until it is known how long nobody led, and not longer than to the next election", () => {
    const [first, split, won] = electionsTold(SPLIT) as [Election, Election, Election];
    // Who never saw the winner stand has told of it first, and the winner only of the votes yet.
    const untimed = { ...won, toldBy: "f", durationMs: null };
    expect(told([first, split], [first, split, untimed]).join()).not.toContain("LeaderElected");
    expect(told([first, split, untimed], [first, split, won])).toEqual([
      expect.stringMatching(/972 ms after slot 0 was lost$/),
    ]);
    const next = { ...won, term: won.term + 1 };
    expect(told([untimed], [untimed, next])[0]).toMatch(/, after slot 0 was lost$/);
  });

  test("wait until it is known which slot has won, and not longer than to the next election", () => {
    const [won, next] = electionsTold(FIVE) as [Election, Election];
    const members = won.members.map((m) => ({ ...m, slot: m.id === won.leaderId ? null : m.slot }));
    const unplaced = { ...won, members };
    expect(told([], [unplaced])).toEqual([]);
    expect(told([unplaced], [won])).toHaveLength(1);
    expect(told([unplaced], [unplaced, next])[0]).toContain("leads etcd in term");
  });

  test("tell of a winner that was never heard when the next election comes", () => {
    const [first, second] = electionsTold(FIVE) as [Election, Election];
    const bare = {
      ...first,
      toldBy: "f",
      cause: null,
      votes: [],
      members: [],
      previousLeader: null,
    };
    expect(told([bare], [bare, second])[0]).toBe(
      `Normal LeaderElected: ${bare.leaderId?.slice(0, 8)}… leads etcd in term 2`,
    );
  });

  test("of a candidate that nobody voted for", () => {
    const [first, second] = electionsTold(FIVE) as [Election, Election];
    const alone = { ...first, leaderId: null, candidates: first.candidates.slice(0, 1) };
    const votes = first.votes.slice(0, 1);
    expect(told([{ ...alone, votes }], [{ ...alone, votes }, second])[0]).toBe(
      "Warning ElectionFailed: nobody won term 2: slot 4 got 1 of 3 votes needed",
    );
  });
});
