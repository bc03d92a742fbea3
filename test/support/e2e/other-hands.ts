/** What a person with `etcdctl` puts into a cluster's etcd, and what is to be there. */
import { type ClusterRef, etcdKeys } from "../../../controller/model/ids.ts";
import type { HostsTable } from "../../../controller/model/naming.ts";

/** No election gets there. */
export const FAR_TERM = 999_999_999;

/** Every key that a cluster with these slots keeps for itself. */
export function ownKeys(ref: ClusterRef, slots: readonly number[]): readonly string[] {
  const keys = etcdKeys(ref);
  return [keys.desired, keys.hosts, keys.status, ...slots.map((slot) => keys.member(slot))];
}

/** A table of names that nobody's own term could ever replace. */
export function withFarTerm(table: HostsTable): HostsTable {
  return { ...table, term: FAR_TERM };
}
