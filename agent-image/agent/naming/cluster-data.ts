/** The keys of etcd that an agent lives by, decoded. Pure. */
import { etcdKeys } from "../../../controller/model/ids.ts";
import type { DesiredSlots, HostsTable, MemberRecord } from "../../../controller/model/naming.ts";
import type { KeyRange, KeyValue } from "../ports/etcd-client.ts";

export interface ClusterData {
  readonly desired: DesiredSlots | null;
  readonly hosts: HostsTable | null;
  /** Of the key `hosts`; `0` when it is not there, as etcd's transactions see it. */
  readonly hostsRevision: string;
  /** Sorted by slot. */
  readonly members: readonly MemberRecord[];
}

export const NO_DATA: ClusterData = { desired: null, hosts: null, hostsRevision: "0", members: [] };

type Keys = ReturnType<typeof etcdKeys>;

/**
 * The range that holds `desired`, `hosts` and `members/…`. The controller's large and often
 * written `status` lies behind it.
 */
export function rangeOf(keys: Keys): KeyRange {
  return { start: keys.desired, end: keys.members.replace(/\/$/, "0") };
}

/** A value that is not JSON counts as not there: whoever owns the key writes it again. */
export function decode(keys: Keys, entries: Iterable<KeyValue>): ClusterData {
  let data = NO_DATA;
  const members: MemberRecord[] = [];
  for (const { key, value, modRevision } of entries) {
    const parsed = parseJson(value);
    if (key === keys.hosts) data = { ...data, hostsRevision: modRevision };
    if (parsed === null) continue;
    if (key === keys.desired) data = { ...data, desired: parsed as DesiredSlots };
    else if (key === keys.hosts) data = { ...data, hosts: parsed as HostsTable };
    else if (key.startsWith(keys.members)) members.push(parsed as MemberRecord);
  }
  members.sort((a, b) => a.slot - b.slot);
  return { ...data, members };
}

function parseJson(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
