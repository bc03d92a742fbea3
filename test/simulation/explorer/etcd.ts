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
import { type Container, isNewer, type Lineage } from "./state.ts";

export function canElect(scratch: Scratch, lineage: Lineage): boolean {
  return scratch.leaderOf(lineage) === undefined && scratch.hasQuorum(lineage);
}

/** The voter whose log goes furthest wins, and says so; the others hear of it later. */
export function elect(scratch: Scratch, lineage: Lineage): void {
  const best = scratch.votersUp(lineage).reduce((one, other) => {
    const [a, b] = [scratch.volumeOf(one), scratch.volumeOf(other)];
    return a !== undefined && b !== undefined && isNewer(b.end, a.end) ? other : one;
  });
  const volume = scratch.volumeOf(best);
  if (volume === undefined) return;
  const term = lineage.term + 1;
  const committed = { term, index: volume.end.index + 1 };
  const pending = lineage.pending?.leader === volume.memberId ? lineage.pending : null;
  scratch.patchLineage(lineage.lineage, { term, leader: volume.memberId, committed, pending });
  if (scratch.state.lineages.at(-1)?.lineage !== lineage.lineage) {
    scratch.wrong("one history", `${lineage.lineage} has a leader again, in slot ${best.slot}`);
  }
  follow(scratch, best);
}

/** A member hears the leader: it has what is committed, and knows who else belongs to it. */
export function follow(scratch: Scratch, container: Container): void {
  const volume = scratch.volumeOf(container);
  const lineage = scratch.lineage(volume?.lineage);
  if (volume === undefined || lineage === undefined) return;
  const { memberId } = volume;
  const name = memberNameOf(container.slot);
  const isNew = lineage.members.some((m) => m.id === memberId && m.name === "");
  const members = isNew
    ? lineage.members.map((m) => (m.id === memberId ? { ...m, name } : m))
    : lineage.members;
  if (isNew) scratch.patchLineage(lineage.lineage, { members });
  scratch.setVolume(container, { ...volume, end: lineage.committed });
  scratch.patchContainer(container.taskId, {
    leaderId: lineage.leader,
    term: lineage.term,
    members,
  });
}

/** The names are written by the leader, from the slots that it was told. */
export function tableLacks(scratch: Scratch, { desired, hosts, term, ...rest }: Lineage): boolean {
  const leader = scratch.leaderOf({ desired, hosts, term, ...rest });
  if (leader === undefined || desired === null) return false;
  if (!desired.slots.some((s) => s.slot === leader.slot)) return false;
  if (hosts === null || hosts.leaderSlot !== leader.slot || hosts.term !== term) return true;
  return hosts.names.length !== desired.slots.length;
}

export function writeTable(scratch: Scratch, lineage: Lineage): void {
  const leader = scratch.leaderOf(lineage);
  if (leader === undefined || lineage.desired === null) return;
  const names = assignNames(lineage.hosts, lineage.desired.slots, leader.slot);
  const { clusterId, term } = lineage;
  const hosts = { clusterId, term, leaderSlot: leader.slot, names };
  scratch.patchLineage(lineage.lineage, { hosts });
}

type EtcdAction = Extract<
  Action,
  { type: "AddLearner" | "PromoteMember" | "RemoveMember" | "MoveLeader" | "PutDesired" }
>;

/** Whoever leads is asked; without a quorum to follow it, nobody can tell what becomes of it. */
export function askEtcd(scratch: Scratch, action: EtcdAction): void {
  const lineage = scratch.state.lineages.at(-1);
  if (lineage === undefined) return;
  const leader = scratch
    .upIn(lineage)
    .find((c) => scratch.volumeOf(c)?.memberId === lineage.leader && c.news !== "silent");
  if (leader === undefined) return;
  if (action.type === "MoveLeader") return moveLeader(scratch, lineage, action.toMemberId);
  if (action.type === "PutDesired") {
    if (scratch.hasQuorum(lineage)) {
      scratch.patchLineage(lineage.lineage, { desired: action.desired });
    }
    return;
  }
  const members = changed(scratch, lineage, action);
  if (members === null) return;
  if (!scratch.hasQuorum(lineage)) {
    const pending = { members, leader: lineage.leader ?? "" };
    scratch.patchLineage(lineage.lineage, { pending });
    return;
  }
  const added = lineage.added + (action.type === "AddLearner" ? 1 : 0);
  scratch.patchLineage(lineage.lineage, { members, added });
  tellLeader(scratch, lineage.lineage);
}

/** A change that waited in the leader's log is made, now that a quorum follows it again. */
export function commitPending(scratch: Scratch, { lineage, pending }: Lineage): void {
  if (pending === null) return;
  scratch.patchLineage(lineage, { members: pending.members, pending: null });
  tellLeader(scratch, lineage);
}

function tellLeader(scratch: Scratch, name: string): void {
  const lineage = scratch.lineage(name);
  if (lineage === undefined) return;
  const leader = scratch.leaderOf(lineage);
  if (leader !== undefined) follow(scratch, leader);
}

function changed(
  scratch: Scratch,
  lineage: Lineage,
  action: Extract<EtcdAction, { type: "AddLearner" | "PromoteMember" | "RemoveMember" }>,
): readonly EtcdMember[] | null {
  const { members } = lineage;
  if (action.type === "RemoveMember") return members.filter((m) => m.id !== action.memberId);
  if (action.type === "PromoteMember") {
    const learner = scratch
      .upIn(lineage)
      .find((c) => scratch.volumeOf(c)?.memberId === action.memberId);
    if (learner === undefined || learner.leaderId !== lineage.leader) return null;
    return members.map((m) => (m.id === action.memberId ? { ...m, isLearner: false } : m));
  }
  const known = members.some((m) => m.isLearner || m.peerUrls.includes(action.peerUrl));
  if (known) return null;
  const id = hexIdOf(`${lineage.lineage} ${action.peerUrl} ${lineage.added}`);
  return [...members, { id, name: "", peerUrls: [action.peerUrl], isLearner: true }];
}

function moveLeader(scratch: Scratch, lineage: Lineage, toMemberId: string): void {
  if (!scratch.hasQuorum(lineage)) return;
  const heir = scratch
    .votersUp(lineage)
    .find((c) => scratch.volumeOf(c)?.memberId === toMemberId && c.leaderId === lineage.leader);
  if (heir === undefined) return;
  const { committed } = lineage;
  const term = lineage.term + 1;
  const next = { term, index: committed.index + 1 };
  scratch.patchLineage(lineage.lineage, { leader: toMemberId, term, committed: next });
  follow(scratch, heir);
}
