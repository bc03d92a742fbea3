/**
 * Which node's JupyterLab may reach the kernels. The hosts table says so; but its leader is known to every member
 * before he has written it, and a front that is open by then costs his users no second commit. Pure.
 */
import type { EtcdHealth } from "../../../controller/model/agent-api.ts";
import type { MemberRecord } from "../../../controller/model/naming.ts";
import type { ClusterData } from "../naming/cluster-data.ts";

/** As Raft has it: of each term there is one at most. */
export interface Elected {
  readonly clusterId: string;
  readonly term: number;
  readonly memberId: string;
}

export interface FrontOwner {
  readonly term: number;
  readonly clientKey: string;
}

/** @param before whom this node knew of; he stays while none of a later term, or of another cluster, is known */
export function electedOf(health: EtcdHealth | null, before: Elected | null): Elected | null {
  if (health === null || health.leaderId === null) return before;
  const { clusterId, raftTerm: term, leaderId: memberId } = health;
  const isOlder = before !== null && before.clusterId === clusterId && term <= before.term;
  return isOlder ? before : { clusterId, term, memberId };
}

/**
 * Null: nobody knows, and what is open stays as it is. It never goes back to a table of an earlier term: that one's
 * server is deposed.
 */
export function frontOwner(
  { hosts, members }: Pick<ClusterData, "hosts" | "members">,
  elected: Elected | null,
): FrontOwner | null {
  if (hosts === null) return null;
  const isAhead = elected?.clusterId === hosts.clusterId && elected.term > hosts.term;
  const { term } = isAhead ? elected : hosts;
  const isOwner = ({ slot, memberId }: MemberRecord) =>
    isAhead ? memberId === elected.memberId : slot === hosts.leaderSlot;
  const kernels = members.find(isOwner)?.kernels;
  return kernels === undefined ? null : { term, clientKey: kernels.clientKey };
}
