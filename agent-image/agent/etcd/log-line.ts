/**
 * What etcd 3.5 tells in its structured log (zap JSON lines, seen on real runs). Lines that mean
 * nothing to us are null.
 */
import type { PeerRefusal } from "./peer-refusal.ts";
import { raftEvent, type RaftEvent } from "./raft-line.ts";

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
  /** The connections with a peer broke, or one is there again. */
  | { readonly type: "peer-lost" | "peer-back"; readonly peerId: string }
  /** It has let a peer's connection go for what TLS says of it. */
  | ({ readonly type: "peer-refused" } & PeerRefusal)
  | RaftEvent;

export interface EtcdLogLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event: EtcdLogEvent;
}

/**
 * @param now of a line that bears no time, milliseconds since the epoch
 * @returns null for lines that mean nothing to us, and for what is no JSON
 */
export function parseLogLine(line: string, now: number): EtcdLogLine | null {
  if (!line.startsWith("{")) return parsePlainLine(line, now);
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    // A line cut by a crash of etcd; there is nothing in it to act on.
    return null;
  }
  const at = Date.parse(textOf(fields["ts"]));
  const event = serverEvent(fields);
  return event === null || Number.isNaN(at) ? null : { at, event };
}

/** What Go's runtime says of a crash is no JSON. */
function parsePlainLine(line: string, now: number): EtcdLogLine | null {
  const message = /^(?:panic: |(?=fatal error: |unexpected fault address ))(.*)$/.exec(line)?.[1];
  return message === undefined ? null : { at: now, event: { type: "fatal", message } };
}

function serverEvent(fields: Readonly<Record<string, unknown>>): EtcdLogEvent | null {
  const { level, logger, msg, error } = fields;
  if (level === "fatal" || level === "panic") {
    return { type: "fatal", message: [msg, error].map(textOf).filter(Boolean).join(": ") };
  }
  if (logger === "raft") return raftEvent(textOf(msg));
  switch (msg) {
    case "starting local member":
    case "restarting local member":
    case "forcing restart member":
      return {
        type: "identity",
        memberId: textOf(fields["local-member-id"]),
        clusterId: textOf(fields["cluster-id"]),
        raftIndex: indexOf(fields["commit-index"]),
      };
    case "ready to serve client requests":
      return { type: "serving" };
    case "added member":
    case "removed member":
    case "promote member":
    case "updated member":
    case "published local member to cluster through raft":
      return { type: "members-changed" };
    case "peer became inactive (message send to peer failed)":
      return { type: "peer-lost", peerId: textOf(fields["peer-id"]) };
    case "peer became active":
      return { type: "peer-back", peerId: textOf(fields["peer-id"]) };
    case "rejected connection on peer endpoint":
      return {
        type: "peer-refused",
        from: textOf(fields["remote-addr"]).replace(/:\d+$/, ""),
        certified: listOf(fields["ip-addresses"]).map(textOf),
        error: textOf(error),
      };
    case "server error":
      return /permanently removed/.test(textOf(error)) ? { type: "removed" } : null;
    default:
      return null;
  }
}

/** A field of another type is as one that is not there: `String` of an object may throw. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function indexOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
