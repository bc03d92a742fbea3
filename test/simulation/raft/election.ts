/** Elections: pre-vote, votes, and the lease of a leader that is in sight. */
import { quorumOf } from "./configuration.ts";
import type { RaftCore } from "./core.ts";
import { becomeLeader } from "./replication.ts";
import type { NodeId, VoteAnswer, VoteRequest } from "./types.ts";

/**
 * `pre-vote` asks whether an election could be won, and disturbs nobody; `vote` is the election;
 * `transfer` is one that the leader asked for.
 */
export type Campaign = "pre-vote" | "vote" | "transfer";

export function campaign(core: RaftCore, kind: Campaign): void {
  if (!core.promotable) return;
  if (kind === "pre-vote") becomePreCandidate(core);
  else becomeCandidate(core);
  const phase = kind === "pre-vote" ? "pre-vote" : "vote";
  const term = phase === "pre-vote" ? core.term + 1 : core.term;
  core.host.observe({ type: "campaign", phase, term });
  for (const to of core.configuration.voters) {
    if (to === core.id) {
      core.sendDurably(to, { type: `${phase}-answer`, term, granted: true });
      continue;
    }
    const request: VoteRequest = {
      type: phase,
      term,
      lastIndex: core.lastIndex,
      lastTerm: core.log.lastTerm,
      transfer: kind === "transfer",
    };
    // The vote for itself must outlast a crash before anybody else votes in this term.
    core.sendDurably(to, request);
  }
}

/** The term of the request is the node's own by now, or this is a pre-vote. */
export function onVoteRequest(core: RaftCore, from: NodeId, request: VoteRequest): void {
  const phase = request.type;
  const free =
    core.vote === from ||
    (core.vote === null && core.leader === null) ||
    (phase === "pre-vote" && request.term > core.term);
  const granted = free && isUpToDate(core, request);
  // Of pre-votes, an answer that grants tells the term asked about, any other the node's own.
  const term = granted ? request.term : core.term;
  if (granted && phase === "vote") {
    core.vote = from;
    core.saveTermAndVote();
    core.touchElectionTimer();
  }
  core.host.observe({ type: "vote-cast", phase, term: request.term, candidate: from, granted });
  core.sendDurably(from, { type: `${phase}-answer`, term, granted });
}

/** While a leader is in sight, nobody is helped to depose it. */
export function isUnderLease(core: RaftCore, request: VoteRequest): boolean {
  if (request.transfer || core.leader === null) return false;
  return core.host.clock.now() - core.lastContactAt < core.options.electionMs;
}

export function onVoteAnswer(core: RaftCore, from: NodeId, answer: VoteAnswer): void {
  const phase = answer.type === "vote-answer" ? "vote" : "pre-vote";
  if (core.role !== (phase === "vote" ? "candidate" : "pre-candidate")) return;
  if (core.votes.has(from)) return;
  core.votes.set(from, answer.granted);
  const term = phase === "vote" ? core.term : core.term + 1;
  core.host.observe({ type: "vote-counted", phase, term, from, granted: answer.granted });
  decide(core);
}

function decide(core: RaftCore): void {
  const quorum = quorumOf(core.configuration);
  const answers = core.configuration.voters.map((id) => core.votes.get(id));
  if (answers.filter((granted) => granted === true).length >= quorum) {
    if (core.role === "pre-candidate") campaign(core, "vote");
    else becomeLeader(core);
  } else if (answers.filter((granted) => granted === false).length >= quorum) {
    core.becomeFollower(core.term, null);
  }
}

function becomePreCandidate(core: RaftCore): void {
  core.role = "pre-candidate";
  core.votes = new Map();
  core.setLeader(null);
  core.resetElectionTimer();
}

function becomeCandidate(core: RaftCore): void {
  core.role = "candidate";
  core.term += 1;
  core.vote = core.id;
  core.votes = new Map();
  core.setLeader(null);
  core.saveTermAndVote();
  core.resetElectionTimer();
}

function isUpToDate(core: RaftCore, request: VoteRequest): boolean {
  const { lastTerm } = core.log;
  if (request.lastTerm !== lastTerm) return request.lastTerm > lastTerm;
  return request.lastIndex >= core.lastIndex;
}
