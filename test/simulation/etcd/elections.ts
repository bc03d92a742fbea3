/** What a member's etcd would log of its elections, in the agent's own words for such lines. */
import type { EtcdLogEvent } from "../../../agent-image/agent/etcd/log-line.ts";
import type { RaftEvent } from "../raft/types.ts";

/** @returns null for what etcd logs nothing of, or nothing that the record of elections needs */
export function logEventOf(self: string, event: RaftEvent): EtcdLogEvent | null {
  switch (event.type) {
    case "campaign":
      if (event.phase === "pre-vote") return { type: "campaign", member: self, term: event.term };
      return { type: "candidate", member: self, candidate: self, term: event.term };
    case "vote-cast":
      return ballot(event.phase, self, event.candidate, self, event);
    case "vote-counted":
      return ballot(event.phase, self, self, event.from, event);
    case "elected":
      return { type: "leader-elected", member: self, leaderId: self, term: event.term };
    case "leader-known":
      return { type: "leader-elected", member: self, leaderId: event.leader, term: event.term };
    default:
      return null;
  }
}

function ballot(
  type: "pre-vote" | "vote",
  member: string,
  candidate: string,
  from: string,
  { term, granted }: { readonly term: number; readonly granted: boolean },
): EtcdLogEvent {
  return { type, member, candidate, from, term, granted };
}
