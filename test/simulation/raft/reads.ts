/** Linearizable reads by read index: a quorum confirms that the leader leads, then it answers. */
import { quorumOf } from "./configuration.ts";
import type { RaftCore } from "./core.ts";
import { sendHeartbeats } from "./heartbeat.ts";
import type { NodeId } from "./types.ts";

/** @param from the member that asked, and that will answer its client */
export function onRead(core: RaftCore, from: NodeId, context: number): void {
  const { leadership } = core;
  if (leadership === null) return;
  if (core.log.termOf(core.commit) !== core.term) {
    leadership.heldReads.push({ context, from });
    return;
  }
  if (core.configuration.voters.length === 1 && core.promotable) {
    answer(core, from, context, core.commit);
    return;
  }
  const number = leadership.nextRead++;
  const confirmedBy = new Set([core.id]);
  leadership.reads.push({ number, context, from, index: core.commit, confirmedBy });
  sendHeartbeats(core, number);
}

/** Who confirms a read confirms all that were asked for before it. */
export function onReadConfirmed(core: RaftCore, from: NodeId, number: number): void {
  const { leadership, configuration } = core;
  if (leadership === null || number === 0 || !configuration.voters.includes(from)) return;
  for (const read of leadership.reads) if (read.number <= number) read.confirmedBy.add(from);
  const confirmed = leadership.reads.filter((r) => r.confirmedBy.size >= quorumOf(configuration));
  if (confirmed.length === 0) return;
  leadership.reads = leadership.reads.filter((r) => !confirmed.includes(r));
  for (const read of confirmed) answer(core, read.from, read.context, read.index);
}

/** Reads that came before this leader knew what is committed. */
export function answerHeldReads(core: RaftCore): void {
  const held = core.leadership?.heldReads ?? [];
  if (held.length === 0 || core.log.termOf(core.commit) !== core.term) return;
  if (core.leadership !== null) core.leadership.heldReads = [];
  for (const { context, from } of held) onRead(core, from, context);
}

function answer(core: RaftCore, to: NodeId, context: number, index: number): void {
  if (to === core.id) core.host.readable(context, index);
  else core.send(to, { type: "read-answer", term: core.term, context, index });
}
