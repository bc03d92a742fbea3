/** Which hosts table the leader's agent has to write. Pure. */
import { assignNames, type HostsTable } from "../../../controller/model/naming.ts";
import type { ClusterData } from "./cluster-data.ts";

/**
 * @param slot of this node, whose member leads at `term`
 * @returns null when the table in force is right, when nothing is desired yet, when this slot is to
 *   go (its leadership is moved away before), or when a leader of a higher term has written
 */
export function nextTable(data: ClusterData, slot: number, term: number): HostsTable | null {
  const { desired, hosts } = data;
  if (desired === null || !desired.slots.some((s) => s.slot === slot)) return null;
  if (hosts !== null && hosts.term > term) return null;
  const names = assignNames(hosts, desired.slots, slot);
  const table: HostsTable = { term, leaderSlot: slot, names };
  return sameTable(hosts, table) ? null : table;
}

function sameTable(a: HostsTable | null, b: HostsTable): boolean {
  if (a === null || a.term !== b.term || a.leaderSlot !== b.leaderSlot) return false;
  if (a.names.length !== b.names.length) return false;
  return a.names.every((n, i) => {
    const other = b.names[i];
    return n.slot === other?.slot && n.index === other.index && n.ip === other.ip;
  });
}
