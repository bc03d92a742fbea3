/**
 * What etcd's raft tells of elections in its log. The lines come from go.etcd.io/raft's raft.go and
 * node.go as of etcd 3.5 (seen on real runs); each begins with, or names, the member that tells.
 */

import { hexId } from "../../../controller/model/ids.ts";

export type RaftEvent =
  /** Who has a vote from now on, by the configuration in force. */
  | { readonly type: "voters"; readonly member: string; readonly voters: readonly string[] }
  /** It asks for pre-votes, or, told to take over, for votes. */
  | { readonly type: "campaign"; readonly member: string; readonly term: number }
  | {
      readonly type: "pre-vote";
      readonly member: string;
      readonly candidate: string;
      readonly from: string;
      /** The term of the member that tells, which the vote itself would raise. */
      readonly term: number;
      readonly granted: boolean;
    }
  | {
      readonly type: "candidate";
      readonly member: string;
      readonly candidate: string;
      readonly term: number;
    }
  | {
      readonly type: "vote";
      readonly member: string;
      readonly candidate: string;
      readonly from: string;
      readonly term: number;
      readonly granted: boolean;
    }
  /** The leader hands over, as it or as its successor tells. */
  | { readonly type: "transfer"; readonly member: string; readonly leaderId: string }
  /** The leader that tells heard no quorum for an election timeout. */
  | { readonly type: "quorum-lost"; readonly member: string }
  | {
      readonly type: "leader-lost";
      readonly member: string;
      readonly leaderId: string;
      readonly term: number;
    }
  | {
      readonly type: "leader-elected";
      readonly member: string;
      readonly leaderId: string;
      readonly term: number;
    };

/** A named part of a line; empty when the line lacks it. */
type Part = (name: string) => string;
type Reader = readonly [pattern: RegExp, read: (part: Part) => RaftEvent];

const READERS: readonly Reader[] = [
  reader(
    "^raft\\.node: <member> (?:elected leader|changed leader from [0-9a-f]+ to) <leader> at <term>$",
    (part) => ({ type: "leader-elected", ...leaderOf(part) }),
  ),
  // A leader that was elected again is not told otherwise to a member that followed it before.
  reader(
    "^<member> \\[term: \\d+\\] received a Msg(?:App|Heartbeat|Snap) message with higher term " +
      "from <leader> \\[<term>\\]",
    (part) => ({ type: "leader-elected", ...leaderOf(part) }),
  ),
  reader("^raft\\.node: <member> lost leader <leader> at <term>$", (part) => ({
    type: "leader-lost",
    ...leaderOf(part),
  })),
  reader("^<member> became candidate at <term>$", (part) => candidacy(part, part("member"))),
  reader(
    "^<member> \\[term: \\d+\\] received a MsgVote message with higher term from <candidate> \\[<term>\\]",
    (part) => candidacy(part, part("candidate")),
  ),
  reader("^<member> received Msg<pre>VoteResp <no>from <from> at <term>$", (part) => ({
    ...ballot(part, part("pre") !== ""),
    candidate: part("member"),
    from: part("from"),
    granted: part("no") === "",
  })),
  reader(
    "^<member> <log> (?<verb>cast|rejected) Msg<pre>Vote \\w+ <candidate> <log> at <term>$",
    (part) => ({
      ...ballot(part, part("pre") !== ""),
      candidate: part("candidate"),
      from: part("member"),
      granted: part("verb") === "cast",
    }),
  ),
  // It hears a leader, and so it does not even answer: a no. The term that the line tells is its
  // own, whatever was asked for, as with a pre-vote.
  reader("^<member> <log> ignored Msg<pre>Vote from <candidate> <log> at <term>:", (part) => ({
    ...ballot(part, true),
    candidate: part("candidate"),
    from: part("member"),
    granted: false,
  })),
  reader("^<member> is starting a new election at <term>$", (part) => ({
    type: "campaign",
    member: part("member"),
    term: Number(part("term")),
  })),
  reader("^<member> \\[term \\d+\\] received MsgTimeoutNow from <leader> ", (part) => ({
    type: "transfer",
    member: part("member"),
    leaderId: part("leader"),
  })),
  reader("^<member> \\[term \\d+\\] starts to transfer leadership to ", (part) => ({
    type: "transfer",
    member: part("member"),
    leaderId: part("member"),
  })),
  reader("^<member> stepped down to follower since quorum is not active$", (part) => ({
    type: "quorum-lost",
    member: part("member"),
  })),
  reader("^<member> switched to configuration voters=\\((?<ids>[\\d ]*)\\)", (part) => ({
    type: "voters",
    member: part("member"),
    voters: (part("ids").match(/\d+/g) ?? []).map(hexId),
  })),
];

/** @returns null for a line that tells nothing of an election */
export function raftEvent(message: string): RaftEvent | null {
  for (const [pattern, read] of READERS) {
    const match = pattern.exec(message);
    if (match !== null) return read((name) => match.groups?.[name] ?? "");
  }
  return null;
}

/** `<name>` in the pattern is the part of that name, in the form that raft's lines give it. */
function reader(pattern: string, read: (part: Part) => RaftEvent): Reader {
  const source = pattern
    .replaceAll("<log>", "\\[logterm: .*?\\]")
    .replaceAll("<term>", "term:? (?<term>\\d+)")
    .replaceAll("<pre>", "(?<pre>Pre)?")
    .replaceAll("<no>", "(?<no>rejection )?")
    .replaceAll(/(?<!\?)<(\w+)>/g, "(?<$1>[0-9a-f]+)");
  return [new RegExp(source), read];
}

function leaderOf(part: Part) {
  return { member: part("member"), leaderId: part("leader"), term: Number(part("term")) };
}

function candidacy(part: Part, candidate: string): RaftEvent {
  return { type: "candidate", member: part("member"), candidate, term: Number(part("term")) };
}

function ballot(part: Part, pre: boolean) {
  const type = pre ? ("pre-vote" as const) : ("vote" as const);
  return { type, member: part("member"), term: Number(part("term")) };
}
