import { describe, expect, test } from "vitest";
import {
  electionRecords,
  foldElections,
  NO_ELECTIONS,
} from "../../../agent-image/agent/etcd/election-log.ts";
import { capturedLines, electionsOf } from "./etcd-log.ts";

const WINNER = "2c2eb01b2172f229";
const VOTER = "75b33c647278d649";
const KILLED = "aab98c34a6b7081e";

function recordsOf(...fixtures: readonly string[]) {
  return electionRecords(electionsOf(fixtures.flatMap(capturedLines)));
}

describe("elections told from etcd's log", () => {
  test("the elected member of a bootstrap tells who voted and how long it took", () => {
    expect(recordsOf("etcd-bootstrap-elected")).toEqual([
      {
        term: 2,
        candidates: [KILLED],
        votes: [
          { from: KILLED, granted: true },
          { from: WINNER, granted: true },
        ],
        leaderId: KILLED,
        startedAt: "2026-11-23T21:06:41.066Z",
        durationMs: 2,
      },
    ]);
  });

  test("after the leader's death its successor counts from the first pre-vote", () => {
    const [record] = recordsOf("etcd-leader-killed-elected");
    expect(record).toMatchObject({
      term: 3,
      candidates: [WINNER],
      leaderId: WINNER,
      startedAt: "2026-11-23T21:06:46.275Z",
      durationMs: 1,
    });
    expect(record?.votes).toEqual([
      { from: WINNER, granted: true },
      { from: VOTER, granted: true },
    ]);
  });

  test("a voter tells the vote that it gave", () => {
    expect(recordsOf("etcd-leader-killed-voter")).toMatchObject([
      {
        term: 3,
        candidates: [WINNER],
        votes: [{ from: VOTER, granted: true }],
        leaderId: WINNER,
      },
    ]);
  });

  test("a leadership that was handed over is an election without pre-votes", () => {
    expect(recordsOf("etcd-moved-and-removed")).toMatchObject([
      { term: 4, candidates: [KILLED], leaderId: KILLED },
    ]);
  });

  test("a member that starts and finds a leader saw no election", () => {
    expect(recordsOf("etcd-resume")).toEqual([]);
    expect(recordsOf("etcd-join-learner")).toEqual([]);
  });

  test("a member forced alone elects itself", () => {
    expect(recordsOf("etcd-force-new-cluster")).toMatchObject([
      { term: 8, votes: [{ from: WINNER, granted: true }], leaderId: WINNER },
    ]);
  });

  test("two candidates of one term: the votes for the winner are told", () => {
    let log = NO_ELECTIONS;
    const at = Date.parse("2026-01-01T00:00:00Z");
    log = foldElections(log, { type: "candidate", candidate: "a", term: 5 }, at);
    const vote = { type: "vote", term: 5 } as const;
    log = foldElections(log, { ...vote, candidate: "a", from: "a", granted: true }, at);
    log = foldElections(log, { ...vote, candidate: "b", from: "a", granted: false }, at + 1);
    log = foldElections(log, { type: "leader-elected", leaderId: "b", term: 5 }, at + 9);
    expect(electionRecords(log)).toMatchObject([
      { candidates: ["a", "b"], votes: [{ from: "a", granted: false }], durationMs: 9 },
    ]);
  });

  test("a leader that comes back in sight in the same term was not elected again", () => {
    const before = electionsOf(capturedLines("etcd-leader-killed-elected"));
    const lost = foldElections(before, { type: "leader-lost", term: 3 }, Date.now());
    const back = { type: "leader-elected", leaderId: WINNER, term: 3 } as const;
    const after = foldElections(lost, back, Date.now());
    expect(after).toEqual(before);
  });

  test("no more than the ten latest are kept", () => {
    let log = NO_ELECTIONS;
    for (let term = 1; term <= 14; term += 1) {
      log = foldElections(log, { type: "candidate", candidate: "a", term }, term);
      log = foldElections(log, { type: "leader-elected", leaderId: "a", term }, term);
    }
    expect(electionRecords(log).map((r) => r.term)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });
});
