/** The keys of etcd that an agent lives by, decoded. Pure. */
import { etcdKeys } from "../../../controller/model/ids.ts";
import type { DesiredSlots, HostsTable, MemberRecord } from "../../../controller/model/naming.ts";
import type { KeyRange, KeyValue } from "../ports/etcd-client.ts";
import { Checker, CheckError } from "../system/checker.ts";
import { desiredOf, hostsOf, memberOf } from "./key-values.ts";

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

/** A value that is not what it must be counts as not there: whoever owns the key writes it again. */
export function decode(keys: Keys, entries: Iterable<KeyValue>): ClusterData {
  let data = NO_DATA;
  const members: MemberRecord[] = [];
  for (const { key, value, modRevision } of entries) {
    if (key === keys.desired) data = { ...data, desired: parsed(value, desiredOf) };
    else if (key === keys.hosts) {
      data = { ...data, hosts: parsed(value, hostsOf), hostsRevision: modRevision };
    } else if (key.startsWith(keys.members)) {
      const member = parsed(value, memberOf);
      if (member !== null) members.push(member);
    }
  }
  members.sort((a, b) => a.slot - b.slot);
  return { ...data, members };
}

function parsed<T>(text: string, read: (root: Checker) => T): T | null {
  try {
    return read(new Checker(JSON.parse(text), "value"));
  } catch (error) {
    if (error instanceof CheckError || error instanceof SyntaxError) return null;
    throw error;
  }
}
