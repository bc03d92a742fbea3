/** The etcd cluster as the agents tell it, reduced to what is certain. */
import type { EtcdMember } from "../../model/agent-api.ts";
import { memberNameOf } from "../../model/ids.ts";
import { findLeader, type Leader, type LeaderCandidate } from "../../model/leader.ts";

export interface EtcdView {
  readonly leader: Leader | null;
  /**
   * The membership, confirmed by a quorum through the leader; null while there is none to ask.
   * Null means unknown and never "no members".
   */
  readonly members: readonly EtcdMember[] | null;
  /** Voters that follow (or are) the leader and are in sight. */
  readonly healthyVoters: number;
  /**
   * Ids of those whose own questions a quorum answers too: one that hears the leader, and is not heard
   * by it, follows and has no vote that counts.
   */
  readonly confirmedVoters: ReadonlySet<string>;
  readonly voters: number;
}

export function viewEtcd(nodes: readonly LeaderCandidate[]): EtcdView {
  const leader = findLeader(nodes);
  const members = leader?.health.members ?? null;
  const voters = (members ?? []).filter((m) => !m.isLearner);
  const following = new Set(
    nodes
      .map((n) => n.agent?.etcd)
      .filter((e) => e != null && e.leaderId !== null && e.leaderId === leader?.memberId)
      .map((e) => e?.memberId),
  );
  const confirmed = nodes.flatMap(({ agent }) => {
    const { memberId, members: own } = agent?.etcd ?? {};
    return memberId !== undefined && own != null && following.has(memberId) ? [memberId] : [];
  });
  return {
    leader,
    members,
    confirmedVoters: new Set(confirmed.filter((id) => voters.some((m) => m.id === id))),
    voters: voters.length,
    healthyVoters: voters.filter((m) => following.has(m.id)).length,
  };
}

/**
 * Enough voters are in sight that follow the leader now. A membership alone was confirmed up to
 * some seconds ago, and its quorum may have died since.
 */
export function hasQuorumInSight({ members, healthyVoters, voters }: EtcdView): boolean {
  return members !== null && healthyVoters >= quorumOf(voters);
}

/**
 * A member that was added and has not started has no name yet; its peer URL tells the slot. Of two
 * with the slot's name the one at its address is meant.
 */
export function memberOfSlot(
  members: readonly EtcdMember[] | null,
  slot: number,
  peerUrl: string,
): EtcdMember | null {
  const name = memberNameOf(slot);
  const isThere = (m: EtcdMember) => m.peerUrls.includes(peerUrl);
  return (
    members?.find((m) => (m.name === name || m.name === "") && isThere(m)) ??
    members?.find((m) => m.name === name) ??
    null
  );
}

export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}
