/**
 * What etcd does: its members, its leader, what they believe, and the changes it is asked for. Raft
 * is reduced to what it guarantees; etcd's own check of a change's health is left out, for the
 * planner must not rest on it.
 */
import type { Action } from "../../../controller/model/action.ts";
import type { EtcdMember } from "../../../controller/model/agent-api.ts";
import { memberNameOf } from "../../../controller/model/ids.ts";
import { assignNames } from "../../../controller/model/naming.ts";
import { hexIdOf } from "../engine/hash.ts";
import type { Scratch } from "./scratch.ts";
import { type Container, isNewer, type History } from "./state.ts";

export function canElect(scratch: Scratch, history: History): boolean {
  return scratch.leaderOf(history) === undefined && scratch.hasQuorum(history);
}

/** The voter whose log goes furthest wins, and says so; the others hear of it later. */
export function elect(scratch: Scratch, history: History): void {
  const best = scratch.votersUp(history).reduce((one, other) => {
    const [a, b] = [scratch.volumeOf(one), scratch.volumeOf(other)];
    return a !== undefined && b !== undefined && isNewer(b.end, a.end) ? other : one;
  });
  const volume = scratch.volumeOf(best);
  if (volume === undefined) return;
  const term = history.term + 1;
  const committed = { term, index: volume.end.index + 1 };
  const pending = history.pending?.leader === volume.memberId ? history.pending : null;
  scratch.patchLineage(history.history, { term, leader: volume.memberId, committed, pending });
  if (scratch.state.histories.at(-1)?.history !== history.history) {
    scratch.wrong("one history", `${history.history} has a leader again, in slot ${best.slot}`);
  }
  follow(scratch, best);
}

/** A member hears the leader: it has what is committed, and knows who else belongs to it. */
export function follow(scratch: Scratch, container: Container): void {
  const volume = scratch.volumeOf(container);
  const history = scratch.history(volume?.history);
  if (volume === undefined || history === undefined) return;
  const { memberId } = volume;
  const name = memberNameOf(container.slot);
  const isNew = history.members.some((m) => m.id === memberId && m.name === "");
  const members = isNew
    ? history.members.map((m) => (m.id === memberId ? { ...m, name } : m))
    : history.members;
  if (isNew) scratch.patchLineage(history.history, { members });
  scratch.setVolume(container, { ...volume, end: history.committed });
  scratch.patchContainer(container.taskId, {
    leaderId: history.leader,
    term: history.term,
    members,
  });
}

/** The names are written by the leader, from the slots that it was told. */
export function tableLacks(scratch: Scratch, { desired, hosts, term, ...rest }: History): boolean {
  const leader = scratch.leaderOf({ desired, hosts, term, ...rest });
  if (leader === undefined || desired === null) return false;
  if (!desired.slots.some((s) => s.slot === leader.slot)) return false;
  if (hosts === null || hosts.leaderSlot !== leader.slot || hosts.term !== term) return true;
  return hosts.names.length !== desired.slots.length;
}

export function writeTable(scratch: Scratch, history: History): void {
  const leader = scratch.leaderOf(history);
  if (leader === undefined || history.desired === null) return;
  const names = assignNames(history.hosts, history.desired.slots, leader.slot);
  const { clusterId, term } = history;
  const hosts = { clusterId, term, leaderSlot: leader.slot, names };
  scratch.patchLineage(history.history, { hosts });
}

type EtcdAction = Extract<
  Action,
  { type: "AddLearner" | "PromoteMember" | "RemoveMember" | "MoveLeader" | "PutDesired" }
>;

/** Whoever leads is asked; without a quorum to follow it, nobody can tell what becomes of it. */
export function askEtcd(scratch: Scratch, action: EtcdAction): void {
  const history = scratch.state.histories.at(-1);
  if (history === undefined) return;
  const leader = scratch
    .upIn(history)
    .find((c) => scratch.volumeOf(c)?.memberId === history.leader && c.news !== "silent");
  if (leader === undefined) return;
  if (action.type === "MoveLeader") return moveLeader(scratch, history, action.toMemberId);
  if (action.type === "PutDesired") {
    if (scratch.hasQuorum(history)) {
      scratch.patchLineage(history.history, { desired: action.desired });
    }
    return;
  }
  const members = changed(scratch, history, action);
  if (members === null) return;
  if (!scratch.hasQuorum(history)) {
    const pending = { members, leader: history.leader ?? "" };
    scratch.patchLineage(history.history, { pending });
    return;
  }
  const added = history.added + (action.type === "AddLearner" ? 1 : 0);
  scratch.patchLineage(history.history, { members, added });
  tellLeader(scratch, history.history);
}

/** A change that waited in the leader's log is made, now that a quorum follows it again. */
export function commitPending(scratch: Scratch, { history, pending }: History): void {
  if (pending === null) return;
  scratch.patchLineage(history, { members: pending.members, pending: null });
  tellLeader(scratch, history);
}

function tellLeader(scratch: Scratch, name: string): void {
  const history = scratch.history(name);
  if (history === undefined) return;
  const leader = scratch.leaderOf(history);
  if (leader !== undefined) follow(scratch, leader);
}

function changed(
  scratch: Scratch,
  history: History,
  action: Extract<EtcdAction, { type: "AddLearner" | "PromoteMember" | "RemoveMember" }>,
): readonly EtcdMember[] | null {
  const { members } = history;
  if (action.type === "RemoveMember") return members.filter((m) => m.id !== action.memberId);
  if (action.type === "PromoteMember") {
    const learner = scratch
      .upIn(history)
      .find((c) => scratch.volumeOf(c)?.memberId === action.memberId);
    if (learner === undefined || learner.leaderId !== history.leader) return null;
    return members.map((m) => (m.id === action.memberId ? { ...m, isLearner: false } : m));
  }
  const known = members.some((m) => m.isLearner || m.peerUrls.includes(action.peerUrl));
  if (known) return null;
  const id = hexIdOf(`${history.history} ${action.peerUrl} ${history.added}`);
  return [...members, { id, name: "", peerUrls: [action.peerUrl], isLearner: true }];
}

function moveLeader(scratch: Scratch, history: History, toMemberId: string): void {
  if (!scratch.hasQuorum(history)) return;
  const successor = scratch
    .votersUp(history)
    .find((c) => scratch.volumeOf(c)?.memberId === toMemberId && c.leaderId === history.leader);
  if (successor === undefined) return;
  const { committed } = history;
  const term = history.term + 1;
  const next = { term, index: committed.index + 1 };
  scratch.patchLineage(history.history, { leader: toMemberId, term, committed: next });
  follow(scratch, successor);
}
