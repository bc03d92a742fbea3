/** Which hosts table the leader's agent has to write. Pure. */
import { assignNames, type HostsTable } from "../../../controller/model/naming.ts";
import type { ClusterData } from "./cluster-data.ts";

export interface Leadership {
  /** Of this node, whose member leads. */
  readonly slot: number;
  readonly term: number;
  /**
   * No other member may vote, so there is no other leader either. In data that was restored from a
   * snapshot the table is of a higher term: the terms of a new cluster begin anew.
   */
  readonly alone: boolean;
}

/**
 * @returns null when the table in force is right, when nothing is desired yet, when this slot is to
 *   go (its leadership is moved away before), or when a leader of a higher term has written
 */
export function nextTable(data: ClusterData, leadership: Leadership): HostsTable | null {
  const { desired, hosts } = data;
  const { slot, term, alone } = leadership;
  if (desired === null || !desired.slots.some((s) => s.slot === slot)) return null;
  if (hosts !== null && hosts.term > term && !alone) return null;
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
