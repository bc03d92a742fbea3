import { describe, expect, test } from "vitest";
import { parseLogLine } from "../../../agent-image/agent/etcd/log-line.ts";
import { capturedLines, eventsOf } from "./etcd-log.ts";

/** When a line is read that bears no time. */
const NOW = 7;
const parse = (line: string) => parseLogLine(line, NOW);

function raft(msg: string): string {
  return JSON.stringify({ level: "info", ts: "2026-11-23T21:06:46.275Z", logger: "raft", msg });
}

describe("lines of etcd's log", () => {
  test("a new member knows its ids before it serves", () => {
    const events = eventsOf(capturedLines("etcd-bootstrap-elected"));
    expect(events[0]).toEqual({
      type: "identity",
      memberId: "aab98c34a6b7081e",
      clusterId: "8d09ee6a59bf4186",
      raftIndex: 0,
    });
    expect(events.map((e) => e.type)).toContain("serving");
  });

  test("a restarted member tells how far its log had come", () => {
    expect(eventsOf(capturedLines("etcd-resume"))[0]).toMatchObject({ raftIndex: 7 });
  });

  test("a forced member tells its ids too", () => {
    const identity = eventsOf(capturedLines("etcd-force-new-cluster"))[0];
    expect(identity).toMatchObject({ type: "identity", memberId: "2c2eb01b2172f229" });
  });

  test("a removed member is told so", () => {
    const events = eventsOf(capturedLines("etcd-moved-and-removed"));
    expect(events).toContainEqual({ type: "removed" });
  });

  test("a refused vote is a vote, on both sides of it", () => {
    const refused = raft(
      "31fe1a5d [logterm: 2, index: 5, vote: 0] rejected MsgVote from c513eb08 " +
        "[logterm: 1, index: 4] at term 3",
    );
    const vote = { type: "vote", candidate: "c513eb08", from: "31fe1a5d", term: 3, granted: false };
    expect(parse(refused)?.event).toEqual({ ...vote, member: "31fe1a5d" });
    const answer = raft("c513eb08 received MsgVoteResp rejection from 31fe1a5d at term 3");
    expect(parse(answer)?.event).toEqual({ ...vote, member: "c513eb08" });
  });

  test("a change of leader without a gap names the new one", () => {
    const line = raft("raft.node: aa changed leader from bb to cc at term 7");
    const event = { type: "leader-elected", member: "aa", leaderId: "cc", term: 7 };
    expect(parse(line)?.event).toEqual(event);
  });

  test("a leader that was elected again is known by what it sends in its new term", () => {
    const line = raft(
      "aa [term: 6] received a MsgHeartbeat message with higher term from bb [term: 7]",
    );
    const event = { type: "leader-elected", member: "aa", leaderId: "bb", term: 7 };
    expect(parse(line)?.event).toEqual(event);
  });

  test("a lost leader is named", () => {
    const line = raft("raft.node: aa lost leader bb at term 7");
    const event = { type: "leader-lost", member: "aa", leaderId: "bb", term: 7 };
    expect(parse(line)?.event).toEqual(event);
  });

  test("a pre-vote is not yet a vote", () => {
    const line = raft("2c2eb01b received MsgPreVoteResp from 75b33c64 at term 2");
    expect(parse(line)?.event).toMatchObject({ type: "pre-vote", granted: true });
  });

  test("what a member ignores because it hears a leader is a pre-vote that it refuses", () => {
    const [prefix, suffix] = [
      "[logterm: 3, index: 9, vote: bb]",
      "[logterm: 3, index: 9] at term 3",
    ];
    for (const asked of ["MsgPreVote", "MsgVote"]) {
      const line = `aa ${prefix} ignored ${asked} from cc ${suffix}: lease is not expired (remaining ticks: 1)`;
      const vote = { type: "pre-vote", candidate: "cc", from: "aa", term: 3, granted: false };
      expect(parse(raft(line))?.event).toEqual({ ...vote, member: "aa" });
    }
  });

  test("both sides of a transfer tell of it, and a leader without a quorum tells so", () => {
    const from = raft("aa [term 2] starts to transfer leadership to bb");
    const to = raft(
      "bb [term 2] received MsgTimeoutNow from aa and starts an election to get leadership.",
    );
    const event = { type: "transfer", leaderId: "aa" };
    expect(parse(from)?.event).toEqual({ ...event, member: "aa" });
    expect(parse(to)?.event).toEqual({ ...event, member: "bb" });
    const alone = raft("aa stepped down to follower since quorum is not active");
    expect(parse(alone)?.event).toEqual({ type: "quorum-lost", member: "aa" });
  });

  test("the configuration tells who votes, in hexadecimal as everywhere else", () => {
    const line = raft("aa switched to configuration voters=(3183675617169306153 10) learners=(11)");
    const voters = ["2c2eb01b2172f229", "a"];
    expect(parse(line)?.event).toEqual({ type: "voters", member: "aa", voters });
    expect(parse(raft("aa switched to configuration voters=()"))?.event).toMatchObject({
      voters: [],
    });
  });

  test("a peer that is out of reach is told by the transport", () => {
    const line = (msg: string) =>
      JSON.stringify({ level: "warn", ts: "2026-11-23T21:06:46Z", msg, "peer-id": "bb" });
    const lost = line("peer became inactive (message send to peer failed)");
    expect(parse(lost)?.event).toEqual({ type: "peer-lost", peerId: "bb" });
    const back = { type: "peer-back", peerId: "bb" };
    expect(parse(line("peer became active"))?.event).toEqual(back);
  });

  test("a fatal line gives its error, and a panic its message", () => {
    const fatal = { level: "fatal", ts: "2026-11-23T21:06:46Z", msg: "discovery", error: "no" };
    expect(parse(JSON.stringify(fatal))?.event).toEqual({
      type: "fatal",
      message: "discovery: no",
    });
    expect(parse("panic: tocommit(9) is out of range [lastIndex(0)]")?.event).toMatchObject({
      message: "tocommit(9) is out of range [lastIndex(0)]",
    });
  });

  test("fields of another type than etcd's are as none, whatever they would do as text", () => {
    const odd = { toString: 1, valueOf: 1 };
    const fields = { level: "info", ts: "2026-11-23T21:06:46Z", logger: "raft", msg: odd };
    expect(parse(JSON.stringify(fields))).toBeNull();
    expect(parse(JSON.stringify({ ...fields, level: "fatal", error: odd }))?.event).toEqual({
      type: "fatal",
      message: "",
    });
    expect(parse(JSON.stringify({ ...fields, ts: odd }))).toBeNull();
    const started = { ...fields, logger: "", msg: "restarting local member" };
    expect(parse(JSON.stringify({ ...started, "commit-index": odd }))?.event).toMatchObject({
      raftIndex: 0,
    });
  });

  test("half a line and plain text mean nothing", () => {
    expect(parse('{"level":"info","ts":"2026')).toBeNull();
    expect(parse("goroutine 1 [running]:")).toBeNull();
  });
});
