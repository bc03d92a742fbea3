/** What a leader does: send its log, count who has it, commit. */
import { ENTRIES_PER_MESSAGE_MAX, type RaftCore } from "./core.ts";
import { Leadership, type Progress } from "./leadership.ts";
import { answerHeldReads } from "./reads.ts";
import { transferIfCaughtUp } from "./transfer.ts";
import type { AppendAnswer, EntryBody, NodeId } from "./types.ts";

export function becomeLeader(core: RaftCore): void {
  core.role = "leader";
  core.leadership = new Leadership(core.id, core.lastIndex, core.host.clock.now());
  core.leadership.follow(core.configuration, core.lastIndex);
  core.setLeader(core.id);
  core.lastContactAt = core.host.clock.now();
  core.host.observe({ type: "elected", term: core.term });
  appendOwn(core, { kind: "empty" });
  core.wakeIn(core.options.heartbeatMs);
}

/** An entry of this leader's term; it counts for itself once it is durable. */
export function appendOwn(core: RaftCore, body: EntryBody): void {
  const { term } = core;
  const index = core.lastIndex + 1;
  core.append([{ index, term, body }]);
  core.sendDurably(core.id, { type: "append-answer", term, index, rejected: false, hint: 0 });
  sendToAll(core);
}

/** Entries to whoever may get some. */
export function sendToAll(core: RaftCore): void {
  for (const [id, progress] of core.leadership?.progress ?? []) {
    if (id !== core.id) sendAppend(core, id, progress);
  }
}

/** @param evenIfEmpty also when the member has all entries: it learns the commit index */
export function sendAppend(
  core: RaftCore,
  to: NodeId,
  progress: Progress,
  evenIfEmpty = true,
): void {
  if (progress.paused || progress.mode === "snapshot") return;
  const prevIndex = progress.next - 1;
  const prevTerm = core.log.termOf(prevIndex);
  if (prevTerm === undefined) {
    sendSnapshot(core, to, progress);
    return;
  }
  const entries = core.log.from(progress.next, ENTRIES_PER_MESSAGE_MAX);
  if (entries.length === 0 && !evenIfEmpty) return;
  if (progress.mode === "probe") progress.paused = true;
  else progress.next += entries.length;
  const { term, commit } = core;
  core.send(to, { type: "append", term, prevIndex, prevTerm, entries, commit });
}

export function onAppendAnswer(core: RaftCore, from: NodeId, answer: AppendAnswer): void {
  const progress = core.leadership?.progress.get(from);
  if (progress === undefined) return;
  progress.active = true;
  if (answer.rejected) {
    if (backUp(progress, answer)) sendAppend(core, from, progress);
    return;
  }
  // Anything but news: what is known already, unless a probe waits for just this.
  const probed = progress.mode === "probe" && answer.index === progress.match;
  if (answer.index <= progress.match && !probed) return;
  progress.match = Math.max(progress.match, answer.index);
  progress.next = Math.max(progress.next, progress.match + 1);
  progress.paused = false;
  if (progress.mode === "probe") {
    progress.mode = "replicate";
    progress.next = progress.match + 1;
  } else if (progress.mode === "snapshot" && core.log.termOf(progress.match) !== undefined) {
    progress.mode = "replicate";
    progress.next = progress.match + 1;
  }
  if (maybeCommit(core)) sendToAll(core);
  else if (from !== core.id && progress.next <= core.lastIndex) sendAppend(core, from, progress);
  transferIfCaughtUp(core, from);
}

/** An entry is committed when a quorum holds it and it, or one after it, is of this term. */
export function maybeCommit(core: RaftCore): boolean {
  const { leadership } = core;
  if (leadership === null) return false;
  const index = leadership.quorumIndex(core.configuration);
  if (index <= core.commit || core.log.termOf(index) !== core.term) return false;
  core.host.observe({ type: "committed", term: core.term, entry: core.log.at(index) });
  const before = core.configuration;
  core.commitTo(index);
  // With other voters, other entries may have a quorum.
  if (core.configuration !== before) maybeCommit(core);
  answerHeldReads(core);
  return true;
}

export function onHeartbeatAnswer(core: RaftCore, from: NodeId): void {
  const progress = core.leadership?.progress.get(from);
  if (progress === undefined) return;
  progress.active = true;
  progress.paused = false;
  const { electionMs } = core.options;
  const lost = core.host.clock.now() - progress.snapshotAt >= electionMs;
  if (progress.mode === "snapshot" && lost) {
    progress.mode = "probe";
    progress.next = progress.match + 1;
  }
  if (progress.match < core.lastIndex) sendAppend(core, from, progress);
}

function sendSnapshot(core: RaftCore, to: NodeId, progress: Progress): void {
  if (!progress.active) return;
  progress.mode = "snapshot";
  progress.snapshotAt = core.host.clock.now();
  core.send(to, { type: "snapshot", term: core.term, snapshot: core.currentSnapshot() });
}

/** @returns false when the rejection is of a message sent before the last answer */
function backUp(progress: Progress, { index, hint }: AppendAnswer): boolean {
  if (progress.mode === "replicate") {
    if (index <= progress.match) return false;
    progress.mode = "probe";
    progress.next = progress.match + 1;
    progress.paused = false;
    return true;
  }
  if (progress.mode === "snapshot" || progress.next - 1 !== index) return false;
  progress.next = Math.max(progress.match + 1, Math.min(index, hint + 1));
  progress.paused = false;
  return true;
}
