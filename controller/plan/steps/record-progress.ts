/** What is seen for the first time becomes history: nodes that got ready, elections. */
import type { ElectionRecord } from "../../model/agent-api.ts";
import { slotOfMemberName } from "../../model/ids.ts";
import type { Draft } from "../draft.ts";
import { notReadyReasons } from "../readiness.ts";
import { emptySlot } from "./sync-slots.ts";
import type { ClusterView, NodeView } from "../view.ts";

const ELECTIONS_MAX = 10;

export function recordReadyNodes(view: ClusterView, draft: Draft): void {
  for (const node of view.nodes) {
    if (node.task === null || node.task.readyAt !== null) continue;
    if (notReadyReasons(node, view).length > 0) continue;
    draft.patchTask(node.slot, { readyAt: draft.now });
    draft.event("Normal", "NodeReady", `slot ${node.slot} is ready`);
  }
}

/** The membership is remembered for the time when no quorum can tell it. */
export function recordMembers(view: ClusterView, draft: Draft): void {
  if (view.etcd.members === null) return;
  for (const { slot, member, memory } of view.nodes) {
    const memberId = member?.id ?? null;
    const isLearner = member?.isLearner ?? false;
    if (memory.memberId === memberId && memory.isLearner === isLearner) continue;
    draft.patchSlot(slot, { memberId, isLearner });
  }
  // Members of a larger cluster that once had this name: remembered, they are scaled in.
  const known = new Set(draft.slots.map((s) => s.slot));
  for (const { id, name, isLearner } of view.etcd.members) {
    const slot = slotOfMemberName(name);
    if (slot === null || known.has(slot)) continue;
    draft.addSlot({ ...emptySlot(slot), memberId: id, isLearner });
  }
}

/** Each member logs what it saw of an election; together they tell all of it. */
export function recordElections(view: ClusterView, draft: Draft): void {
  const byTerm = new Map(draft.elections.map((e) => [e.term, e]));
  const before = new Map(byTerm);
  for (const node of view.nodes) {
    for (const seen of node.agent?.elections ?? []) {
      byTerm.set(seen.term, mergeElection(byTerm.get(seen.term), seen));
    }
  }
  const merged = [...byTerm.values()].sort((a, b) => a.term - b.term).slice(-ELECTIONS_MAX);
  for (const election of merged) {
    if (election.leaderId === null || before.get(election.term)?.leaderId === election.leaderId) {
      continue;
    }
    const leader = view.nodes.find((n) => memberIdOf(n) === election.leaderId);
    const who = leader === undefined ? `member ${election.leaderId}` : `slot ${leader.slot}`;
    draft.event("Normal", "LeaderElected", `${who} leads etcd in term ${election.term}`);
  }
  draft.elections = merged;
}

function memberIdOf({ agent, memory }: NodeView): string | null {
  return agent?.etcd?.memberId ?? memory.memberId;
}

function mergeElection(known: ElectionRecord | undefined, seen: ElectionRecord): ElectionRecord {
  if (known === undefined) return seen;
  const candidates = [...new Set([...known.candidates, ...seen.candidates])].sort();
  const votes = new Map(known.votes.map((v) => [v.from, v]));
  for (const vote of seen.votes) votes.set(vote.from, vote);
  const durations = [known.durationMs, seen.durationMs].filter((d) => d !== null);
  return {
    term: known.term,
    candidates,
    votes: [...votes.values()].sort((a, b) => (a.from < b.from ? -1 : 1)),
    leaderId: known.leaderId ?? seen.leaderId,
    startedAt: known.startedAt < seen.startedAt ? known.startedAt : seen.startedAt,
    durationMs: durations.length > 0 ? Math.max(...durations) : null,
  };
}
