import { describe, expect, test } from "vitest";
import {
  type ElectionLog,
  electionRecords,
  foldElections,
  NO_ELECTIONS,
} from "../../../agent-image/agent/etcd/election-log.ts";
import type { EtcdLogEvent } from "../../../agent-image/agent/etcd/log-line.ts";
import type { ElectionRecord } from "../../../controller/model/election.ts";
import { capturedLines, electionsOf } from "./etcd-log.ts";

const WINNER = "2c2eb01b2172f229";
const VOTER = "75b33c647278d649";
const KILLED = "aab98c34a6b7081e";

const T0 = Date.parse("2026-01-01T00:00:00Z");
/** The member whose log it is, in tests that make their own. */
const member = "e1";

function recordsOf(...fixtures: readonly string[]) {
  return electionRecords(electionsOf(fixtures.flatMap(capturedLines)));
}

/** `ms since T0, event` in the order of the log. */
function folded(events: readonly (readonly [number, EtcdLogEvent])[], log = NO_ELECTIONS) {
  return events.reduce<ElectionLog>((l, [ms, event]) => foldElections(l, event, T0 + ms), log);
}

function elected(leaderId: string, term: number): EtcdLogEvent {
  return { type: "leader-elected", member, leaderId, term };
}

function lost(leaderId: string, term: number): EtcdLogEvent {
  return { type: "leader-lost", member, leaderId, term };
}

function candidate(id: string, term: number): EtcdLogEvent {
  return { type: "candidate", member, candidate: id, term };
}

function vote(id: string, from: string, term: number, granted = true): EtcdLogEvent {
  return { type: "vote", member, candidate: id, from, term, granted };
}

function preVote(id: string, from: string, term: number, granted = true): EtcdLogEvent {
  return { type: "pre-vote", member, candidate: id, from, term, granted };
}

function briefly(votes: ElectionRecord["votes"]): string[] {
  return votes.map((v) => `${v.from} ${v.granted ? "for" : "not for"} ${v.candidate}`);
}

describe("elections told from etcd's log", () => {
  test("the elected member of a bootstrap tells who voted and how long it took", () => {
    expect(recordsOf("etcd-bootstrap-elected")).toEqual([
      {
        term: 2,
        cause: "FirstElection",
        previousLeader: null,
        voters: [WINNER, VOTER, KILLED],
        lost: [],
        preVotes: [
          { candidate: KILLED, from: KILLED, granted: true, atMs: 0 },
          { candidate: KILLED, from: WINNER, granted: true, atMs: 0 },
        ],
        candidates: [{ member: KILLED, atMs: 1 }],
        votes: [
          { candidate: KILLED, from: KILLED, granted: true, atMs: 1 },
          { candidate: KILLED, from: WINNER, granted: true, atMs: 2 },
        ],
        learned: [{ member: KILLED, atMs: 2 }],
        leaderId: KILLED,
        startedAt: "2026-11-23T21:06:41.066Z",
        durationMs: 2,
        toldBy: KILLED,
      },
    ]);
  });

  test("a voter tells the vote that it gave, and the candidate's own", () => {
    const [record] = recordsOf("etcd-leader-killed-voter");
    expect(record).toMatchObject({ term: 3, leaderId: WINNER, toldBy: VOTER });
    expect(briefly(record?.votes ?? [])).toEqual([
      `${WINNER} for ${WINNER}`,
      `${VOTER} for ${WINNER}`,
    ]);
  });

  test("a member that starts and finds a leader saw no election", () => {
    expect(recordsOf("etcd-resume")).toEqual([]);
    expect(recordsOf("etcd-join-learner")).toEqual([]);
  });

  test("a member forced alone elects itself", () => {
    expect(recordsOf("etcd-force-new-cluster")).toMatchObject([
      { term: 8, cause: "Restart", votes: [{ from: WINNER, granted: true }], leaderId: WINNER },
    ]);
  });

  test("a leader that is killed is lost when its connections break", () => {
    const killed = recordsOf("elections/three-c").find((r) => r.term === 4);
    expect(killed).toMatchObject({
      cause: "LeaderLost",
      previousLeader: { term: 3 },
      startedAt: "2026-11-25T02:52:32.889Z",
      lost: [{ atMs: 259 }],
      durationMs: 262,
    });
  });

  test("of a transfer the old leader and the new one tell, and a voter cannot", () => {
    const causes = ["three-a", "three-b", "three-c"].map(
      (name) => recordsOf(`elections/${name}`).find((r) => r.term === 3)?.cause,
    );
    expect(causes).toEqual(["Transfer", "Transfer", null]);
  });

  test("a leader that was stopped meanwhile knows who led after it, and not for how long", () => {
    const late = recordsOf("elections/three-a").find((r) => r.term === 6);
    expect(late).toMatchObject({ candidates: [], votes: [], durationMs: null });
    expect(late?.learned).toHaveLength(1);
  });

  test("in a split vote nobody wins, and the next term counts from the same moment", () => {
    const [, split, next] = recordsOf("elections/split-c");
    expect(split).toMatchObject({ term: 3, leaderId: null, durationMs: null, learned: [] });
    expect(split?.votes.map((v) => v.granted)).toEqual([true, true, false, false]);
    expect(next).toMatchObject({ term: 4, lost: [], durationMs: 972, startedAt: split?.startedAt });
  });

  test("a leader that hears no quorum steps down", () => {
    const [, record] = recordsOf("elections/quorum-b");
    expect(record).toMatchObject({ term: 3, cause: "QuorumLost", previousLeader: { term: 2 } });
    expect(record?.previousLeader?.leaderId).toBe(record?.toldBy);
  });
});

describe("an election in the making", () => {
  test("is told from when the leader is lost, and forgotten when it is heard again", () => {
    const before = folded([[0, elected("a", 3)]]);
    const without = folded([[10, lost("a", 3)]], before);
    const pending = { term: 4, leaderId: null, candidates: [], lost: [{ member, atMs: 0 }] };
    expect(electionRecords(without)).toMatchObject([pending]);
    expect(electionRecords(folded([[20, elected("a", 3)]], without))).toEqual([]);
  });

  test("gets the term in which somebody stands", () => {
    const log = folded([
      [0, elected("a", 3)],
      [10, lost("a", 3)],
      [20, candidate("b", 6)],
      [30, elected("b", 6)],
    ]);
    expect(electionRecords(log)).toMatchObject([
      { term: 6, lost: [{ atMs: 0 }], candidates: [{ atMs: 10 }], durationMs: 20 },
    ]);
  });

  test("is not begun by a pre-vote that led to nothing", () => {
    const log = folded([
      [0, elected("a", 3)],
      [10, preVote("b", member, 3)],
      [60_000, preVote("b", member, 3)],
      [60_001, candidate("b", 4)],
      [60_002, elected("b", 4)],
    ]);
    expect(electionRecords(log)).toMatchObject([{ startedAt: "2026-01-01T00:01:00.000Z" }]);
  });

  test("a pre-vote that was refused first is one that was granted", () => {
    const log = folded([
      [0, elected("a", 3)],
      [10, lost("a", 3)],
      [11, preVote(member, "b", 3, false)],
      [300, preVote(member, "b", 3)],
    ]);
    expect(electionRecords(log)[0]?.preVotes).toEqual([
      { candidate: member, from: "b", granted: true, atMs: 290 },
    ]);
  });

  test("a clock that is set back makes nothing happen before the start", () => {
    const log = folded([
      [0, elected("a", 3)],
      [10, lost("a", 3)],
      [-3_600_000, candidate("b", 4)],
      [-3_599_990, elected("b", 4)],
    ]);
    expect(electionRecords(log)).toMatchObject([{ candidates: [{ atMs: 0 }], durationMs: 0 }]);
  });

  test("a connection that came back before says nothing of a later loss", () => {
    const log = folded([
      [0, elected("a", 3)],
      [10, { type: "peer-lost", peerId: "a" }],
      [20, { type: "peer-back", peerId: "a" }],
      [500, lost("a", 3)],
    ]);
    expect(electionRecords(log)).toMatchObject([{ startedAt: "2026-01-01T00:00:00.500Z" }]);
  });

  test("was missed by a member whose leader was elected again", () => {
    const log = folded([
      [0, elected("a", 3)],
      [900, elected("a", 5)],
    ]);
    expect(electionRecords(log)).toMatchObject([
      { term: 5, previousLeader: { leaderId: "a", term: 3 }, candidates: [], durationMs: null },
    ]);
  });

  test("is over when etcd is started again", () => {
    const identity = { type: "identity", memberId: member, clusterId: "c1", raftIndex: 1 } as const;
    const log = folded([
      [0, elected("a", 3)],
      [10, lost("a", 3)],
      [20, identity],
      [30, elected("b", 4)],
    ]);
    expect(electionRecords(log)).toEqual([]);
  });
});

describe("votes", () => {
  test("for a loser are told as well", () => {
    const log = folded([
      [0, candidate("a", 5)],
      [1, vote("a", member, 5)],
      [2, vote("b", member, 5, false)],
      [9, elected("a", 5)],
    ]);
    const [record] = electionRecords(log);
    const votes = ["a for a", `${member} for a`, "b for b", `${member} not for b`];
    expect(briefly(record?.votes ?? [])).toEqual(votes);
    expect(record?.candidates.map((c) => c.member)).toEqual(["a", "b"]);
  });

  test("that were asked for long ago say nothing any more", () => {
    const settled = folded([
      [0, candidate("a", 5)],
      [9, elected("a", 5)],
    ]);
    const late = folded([[900, vote("b", member, 5, false)]], settled);
    expect(electionRecords(late)).toEqual(electionRecords(settled));
  });
});

test("no more than the ten latest are kept", () => {
  const events = Array.from({ length: 14 }, (_, i) => i + 1).flatMap(
    (term): [number, EtcdLogEvent][] => [
      [term, candidate("a", term)],
      [term, elected("a", term)],
    ],
  );
  const terms = electionRecords(folded(events)).map((r) => r.term);
  expect(terms).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
});
