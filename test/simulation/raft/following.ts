/** What a follower or learner does with the leader's log. */
import type { RaftCore } from "./core.ts";
import { type Append, type NodeId, RaftPanic, type Snapshot } from "./types.ts";

export function onAppend(core: RaftCore, from: NodeId, message: Append): void {
  core.touchElectionTimer();
  const { prevIndex, prevTerm, term } = message;
  if (prevIndex < core.commit) {
    accept(core, from, core.commit);
    return;
  }
  if (core.log.termOf(prevIndex) !== prevTerm) {
    const hint = lastPossibleMatch(core, prevIndex, prevTerm);
    core.sendDurably(from, {
      type: "append-answer",
      term,
      index: prevIndex,
      rejected: true,
      hint,
    });
    return;
  }
  const news = message.entries.findIndex((e) => core.log.termOf(e.index) !== e.term);
  const first = message.entries[news];
  if (first !== undefined) {
    if (first.index <= core.commit) {
      throw new RaftPanic(`entry ${first.index} conflicts with committed entry ${core.commit}`);
    }
    core.append(news === 0 ? message.entries : message.entries.slice(news));
  }
  const lastSent = prevIndex + message.entries.length;
  core.commitTo(Math.min(message.commit, lastSent));
  accept(core, from, lastSent);
}

export function onHeartbeat(core: RaftCore, from: NodeId, commit: number, read: number): void {
  core.touchElectionTimer();
  core.commitTo(commit);
  core.sendDurably(from, { type: "heartbeat-answer", term: core.term, read });
}

export function onSnapshot(core: RaftCore, from: NodeId, snapshot: Snapshot): void {
  core.touchElectionTimer();
  if (snapshot.index <= core.commit) {
    accept(core, from, core.commit);
  } else if (core.log.termOf(snapshot.index) === snapshot.term) {
    // It has these entries already, and did not know that they are committed.
    core.commitTo(snapshot.index);
    accept(core, from, core.commit);
  } else {
    core.install(snapshot);
    accept(core, from, core.lastIndex);
  }
}

function accept(core: RaftCore, to: NodeId, index: number): void {
  const { term } = core;
  core.sendDurably(to, { type: "append-answer", term, index, rejected: false, hint: 0 });
}

/** Skips all entries of terms that the leader cannot have at this place. */
function lastPossibleMatch(core: RaftCore, prevIndex: number, prevTerm: number): number {
  let index = Math.min(prevIndex, core.lastIndex);
  while (index > core.commit && (core.log.termOf(index) ?? 0) > prevTerm) index -= 1;
  return index;
}
