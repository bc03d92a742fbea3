/** The lines of etcd's log that somebody reads, in the words and form of etcd 3.5. */
import type { RaftEvent } from "../raft/types.ts";

/** Its fields; `level`, `ts` and `logger` are added as etcd does. */
export interface LogFields {
  readonly msg: string;
  readonly [name: string]: string | number;
}

const NO_LOG = "[logterm: 0, index: 0, vote: 0]";

/** @param at milliseconds since the epoch */
export function logLine(at: number, fields: LogFields): string {
  return JSON.stringify({ level: "info", ts: new Date(at).toISOString(), ...fields });
}

/** @returns null for what etcd logs nothing of */
export function raftLine(member: string, event: RaftEvent): LogFields | null {
  const msg = raftMessage(member, event);
  return msg === null ? null : { logger: "raft", msg };
}

/** @param voters hex; etcd tells them in decimal */
export function votersLine(member: string, voters: readonly string[]): LogFields {
  const ids = voters.map((id) => BigInt(`0x${id}`)).join(" ");
  return { logger: "raft", msg: `${member} switched to configuration voters=(${ids})` };
}

function raftMessage(member: string, event: RaftEvent): string | null {
  switch (event.type) {
    case "leader-lost":
      return `raft.node: ${member} lost leader ${event.leader} at term ${event.term}`;
    case "campaign":
      return event.phase === "pre-vote"
        ? // etcd tells the term that the member is in, and not the one that it asks for.
          `${member} is starting a new election at term ${event.term - 1}`
        : `${member} became candidate at term ${event.term}`;
    case "vote-cast": {
      const [verb, of] = event.granted ? ["cast", "for"] : ["rejected", "from"];
      const end = `${NO_LOG} at term ${termOf(event)}`;
      return `${member} ${NO_LOG} ${verb} ${vote(event)} ${of} ${event.candidate} ${end}`;
    }
    case "vote-counted": {
      const no = event.granted ? "" : "rejection ";
      return `${member} received ${vote(event)}Resp ${no}from ${event.from} at term ${termOf(event)}`;
    }
    case "elected":
      return `raft.node: ${member} elected leader ${member} at term ${event.term}`;
    case "leader-known":
      return `raft.node: ${member} elected leader ${event.leader} at term ${event.term}`;
    default:
      return null;
  }
}

interface Ballot {
  readonly phase: "pre-vote" | "vote";
  readonly term: number;
}

function vote({ phase }: Ballot): string {
  return phase === "pre-vote" ? "MsgPreVote" : "MsgVote";
}

function termOf({ phase, term }: Ballot): number {
  return phase === "pre-vote" ? term - 1 : term;
}
