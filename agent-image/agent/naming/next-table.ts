/** Which hosts table the leader's agent has to write. Pure. */
import { assignNames, type HostsTable } from "../../../controller/model/naming.ts";
import type { ClusterData } from "./cluster-data.ts";

export interface Leadership {
  /** Of this node, whose member leads. */
  readonly slot: number;
  /** Hex. */
  readonly clusterId: string;
  readonly term: number;
}

/**
 * @returns null when etcd holds the right table, when nothing is desired yet, when this slot is to
 *   go (its leadership is moved away before), or when a leader of a higher term has written. Data
 *   that was restored from a snapshot holds the table of another cluster, whose terms do not count
 */
export function nextTable(data: ClusterData, leadership: Leadership): HostsTable | null {
  const { desired, hosts } = data;
  const { slot, clusterId, term } = leadership;
  if (desired === null || !desired.slots.some((s) => s.slot === slot)) return null;
  if (hosts?.clusterId === clusterId && hosts.term > term) return null;
  const names = assignNames(hosts, desired.slots, slot);
  const table: HostsTable = { clusterId, term, leaderSlot: slot, names };
  return data.hostsKey === "held" && sameTable(hosts, table) ? null : table;
}

function sameTable(a: HostsTable | null, b: HostsTable): boolean {
  if (a?.clusterId !== b.clusterId || a.term !== b.term) return false;
  if (a.leaderSlot !== b.leaderSlot) return false;
  if (a.names.length !== b.names.length) return false;
  return a.names.every((n, i) => {
    const other = b.names[i];
    return n.slot === other?.slot && n.index === other.index && n.ip === other.ip;
  });
}
