/** What a member's etcd would log of its elections, in the agent's own words for such lines. */
import type { EtcdLogEvent } from "../../../agent-image/agent/etcd/log-line.ts";
import type { RaftEvent } from "../raft/types.ts";

/** @returns null for what etcd logs nothing of */
export function logEventOf(member: string, event: RaftEvent): EtcdLogEvent | null {
  switch (event.type) {
    case "leader-lost":
      return { type: "leader-lost", member, leaderId: event.leader, term: event.term };
    case "campaign":
      return event.phase === "pre-vote"
        ? // etcd tells the term that the member is in, and not the one that it asks for.
          { type: "campaign", member, term: event.term - 1 }
        : { type: "candidate", member, candidate: member, term: event.term };
    case "vote-cast":
      return ballot(member, event, event.candidate, member);
    case "vote-counted":
      return ballot(member, event, member, event.from);
    case "elected":
      return { type: "leader-elected", member, leaderId: member, term: event.term };
    case "leader-known":
      return { type: "leader-elected", member, leaderId: event.leader, term: event.term };
    default:
      return null;
  }
}

function ballot(
  member: string,
  event: Extract<RaftEvent, { readonly type: "vote-cast" | "vote-counted" }>,
  candidate: string,
  from: string,
): EtcdLogEvent {
  const { phase, granted } = event;
  const isPreVote = phase === "pre-vote";
  const term = isPreVote ? event.term - 1 : event.term;
  return { type: isPreVote ? "pre-vote" : "vote", member, candidate, from, term, granted };
}
