/** What a member's etcd would log of its elections, in the agent's own words for such lines. */
import type { EtcdLogEvent } from "../../../agent-image/agent/etcd/log-line.ts";
import type { RaftEvent } from "../raft/types.ts";

/** @returns null for what etcd logs nothing of */
export function logEventOf(self: string, event: RaftEvent): EtcdLogEvent | null {
  switch (event.type) {
    case "unrest":
      return { type: "unrest" };
    case "campaign":
      if (event.phase === "pre-vote") return { type: "unrest" };
      return { type: "candidate", candidate: self, term: event.term };
    case "vote-cast":
      if (event.phase === "pre-vote") return event.granted ? { type: "unrest" } : null;
      return vote(event.candidate, self, event.term, event.granted);
    case "vote-counted":
      return event.phase === "vote" ? vote(self, event.from, event.term, event.granted) : null;
    case "elected":
      return { type: "leader-elected", leaderId: self, term: event.term };
    case "leader-known":
      return { type: "leader-elected", leaderId: event.leader, term: event.term };
    default:
      return null;
  }
}

function vote(candidate: string, from: string, term: number, granted: boolean): EtcdLogEvent {
  return { type: "vote", candidate, from, term, granted };
}
