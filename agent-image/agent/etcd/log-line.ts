/**
 * What etcd 3.5 tells in its structured log (zap JSON lines, seen on real runs; the raft lines come
 * from go.etcd.io/raft's raft.go and node.go). Lines that mean nothing to us are null.
 */

export type EtcdLogEvent =
  /** This member knows who it is, some ms after it was started and long before it serves. */
  | {
      readonly type: "identity";
      readonly memberId: string;
      readonly clusterId: string;
      readonly raftIndex: number;
    }
  | { readonly type: "serving" }
  | { readonly type: "members-changed" }
  | { readonly type: "removed" }
  | { readonly type: "fatal"; readonly message: string }
  /** A first sign of an election: a pre-vote asked for or given, or the leader lost. */
  | { readonly type: "unrest" }
  | { readonly type: "candidate"; readonly candidate: string; readonly term: number }
  | {
      readonly type: "vote";
      readonly candidate: string;
      readonly from: string;
      readonly term: number;
      readonly granted: boolean;
    }
  | { readonly type: "leader-lost"; readonly term: number }
  | { readonly type: "leader-elected"; readonly leaderId: string; readonly term: number };

export interface EtcdLogLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event: EtcdLogEvent;
}

/** @returns null for lines that mean nothing to us, and for what is no JSON */
export function parseLogLine(line: string): EtcdLogLine | null {
  if (!line.startsWith("{")) return parsePlainLine(line);
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    // A line cut by a crash of etcd; there is nothing in it to act on.
    return null;
  }
  const at = Date.parse(String(fields["ts"]));
  const event = fields["logger"] === "raft" ? raftEvent(fields) : serverEvent(fields);
  return event === null || Number.isNaN(at) ? null : { at, event };
}

/** What Go's runtime says of a crash is no JSON. */
function parsePlainLine(line: string): EtcdLogLine | null {
  const message = /^(?:panic: |(?=fatal error: |unexpected fault address ))(.*)$/.exec(line)?.[1];
  return message === undefined ? null : { at: Date.now(), event: { type: "fatal", message } };
}

function serverEvent(fields: Readonly<Record<string, unknown>>): EtcdLogEvent | null {
  const { level, msg, error } = fields;
  if (level === "fatal" || level === "panic") {
    return { type: "fatal", message: [msg, error].filter(Boolean).join(": ") };
  }
  switch (msg) {
    case "starting local member":
    case "restarting local member":
    case "forcing restart member":
      return {
        type: "identity",
        memberId: String(fields["local-member-id"]),
        clusterId: String(fields["cluster-id"]),
        raftIndex: Number(fields["commit-index"] ?? 0),
      };
    case "ready to serve client requests":
      return { type: "serving" };
    case "added member":
    case "removed member":
    case "promote member":
    case "updated member":
    case "published local member to cluster through raft":
      return { type: "members-changed" };
    case "server error":
      return /permanently removed/.test(String(error)) ? { type: "removed" } : null;
    default:
      return null;
  }
}

const CANDIDATE = /^([0-9a-f]+) became candidate at term (\d+)$/;
const VOTE_REQUEST = /received a MsgVote message with higher term from ([0-9a-f]+) \[term: (\d+)\]/;
const VOTE_ANSWER =
  /^([0-9a-f]+) received MsgVoteResp (rejection )?from ([0-9a-f]+) at term (\d+)$/;
const VOTE_CAST =
  /^([0-9a-f]+) \[.*\] (cast|rejected) MsgVote (?:for|from) ([0-9a-f]+) \[.*\] at term (\d+)$/;
const LEADER =
  /^raft\.node: [0-9a-f]+ (?:elected leader|changed leader from [0-9a-f]+ to) ([0-9a-f]+) at term (\d+)$/;
const LOST = /^raft\.node: [0-9a-f]+ lost leader [0-9a-f]+ at term (\d+)$/;
const UNREST = /is starting a new election at term|\] cast MsgPreVote for /;

function raftEvent(fields: Readonly<Record<string, unknown>>): EtcdLogEvent | null {
  const { level } = fields;
  const msg = String(fields["msg"]);
  if (level === "fatal" || level === "panic") return { type: "fatal", message: msg };
  let match = LEADER.exec(msg);
  if (match) return { type: "leader-elected", leaderId: part(match, 1), term: num(match, 2) };
  match = LOST.exec(msg);
  if (match) return { type: "leader-lost", term: num(match, 1) };
  match = CANDIDATE.exec(msg) ?? VOTE_REQUEST.exec(msg);
  if (match) return { type: "candidate", candidate: part(match, 1), term: num(match, 2) };
  match = VOTE_ANSWER.exec(msg);
  if (match) {
    const granted = match[2] === undefined;
    const [candidate, from] = [part(match, 1), part(match, 3)];
    return { type: "vote", candidate, from, term: num(match, 4), granted };
  }
  match = VOTE_CAST.exec(msg);
  if (match) {
    const [from, candidate] = [part(match, 1), part(match, 3)];
    return { type: "vote", candidate, from, term: num(match, 4), granted: match[2] === "cast" };
  }
  return UNREST.test(msg) ? { type: "unrest" } : null;
}

function part(match: RegExpExecArray, group: number): string {
  return match[group] as string;
}

function num(match: RegExpExecArray, group: number): number {
  return Number(match[group]);
}
