/**
 * The keys of etcd that an agent lives by, decoded. What is not there, or is no such value as its
 * owner writes, leaves in force what was last known: nobody loses his name by it. Pure.
 */
import { etcdKeys } from "../../../controller/model/ids.ts";
import type { DesiredSlots, HostsTable, MemberRecord } from "../../../controller/model/naming.ts";
import { desiredOf, hostsOf, memberOf, readValue } from "../../../controller/support/key-values.ts";
import type { KeyRange, KeyValue } from "../ports/etcd-client.ts";

export interface ClusterData {
  readonly desired: DesiredSlots | null;
  /** The table in force: the one that etcd holds, or else the last one that it did. */
  readonly hosts: HostsTable | null;
  /**
   * What the key `hosts` holds: `hosts` itself; nothing; or what no leader of this cluster has
   * written.
   */
  readonly hostsKey: "held" | "absent" | "refused";
  /** Of the key `hosts`; `0` when it is not there, as etcd's transactions see it. */
  readonly hostsRevision: string;
  /** Sorted by slot. */
  readonly members: readonly MemberRecord[];
}

export const NO_DATA: ClusterData = {
  desired: null,
  hosts: null,
  hostsKey: "absent",
  hostsRevision: "0",
  members: [],
};

/** What the local member says of its cluster. */
export interface Fence {
  /** Hex. */
  readonly clusterId: string;
  readonly raftTerm: number;
}

/** What was last in force, for the time in which etcd does not hold it. */
export type LastKnown = Pick<ClusterData, "desired" | "hosts">;

export const NOTHING_KNOWN: LastKnown = { desired: null, hosts: null };

type Keys = ReturnType<typeof etcdKeys>;

/**
 * The range that holds `desired`, `hosts` and `members/…`. The controller's large and often
 * written `status` lies behind it.
 */
export function rangeOf(keys: Keys): KeyRange {
  return { start: keys.desired, end: keys.members.replace(/\/$/, "0") };
}

/** @param fence null: the local member has not said anything yet */
export function decode(
  keys: Keys,
  entries: Iterable<KeyValue>,
  fence: Fence | null,
  last: LastKnown,
): ClusterData {
  let data: ClusterData = { ...NO_DATA, ...last };
  const members: MemberRecord[] = [];
  for (const { key, value, modRevision } of entries) {
    if (key === keys.desired) {
      data = { ...data, desired: readValue(value, desiredOf) ?? last.desired };
    } else if (key === keys.hosts) {
      const table = readValue(value, hostsOf);
      const held = table !== null && !isAhead(table, fence);
      data = { ...data, hostsRevision: modRevision, hostsKey: held ? "held" : "refused" };
      if (held) data = { ...data, hosts: table };
    } else if (key.startsWith(keys.members)) {
      const record = readValue(value, memberOf);
      if (record !== null && keys.member(record.slot) === key) members.push(record);
    }
  }
  members.sort((a, b) => a.slot - b.slot);
  return { ...data, members };
}

/**
 * A leader's table is committed in its leader's term or a later one, and a member that has applied an
 * entry has seen that entry's term: a table of a term that the local member does not know yet was
 * written by no leader. (Or the local member was asked before; then it will soon say so.)
 */
function isAhead({ clusterId, term }: HostsTable, fence: Fence | null): boolean {
  return fence !== null && clusterId === fence.clusterId && term > fence.raftTerm;
}
