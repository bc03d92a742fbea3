import { fullDisks, mebibytes } from "../space/full-disks.ts";
import { needsCompaction, type Space, viewSpace } from "../space/space.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { conditionPolicy } from "./policy.ts";

export const spaceAvailable = conditionPolicy(
  {
    BelowQuota: "True",
    NearQuota: "True",
    QuotaExceeded: "False",
    DiskFull: "False",
    NotSeen: "Unknown",
  },
  ({ view }) => {
    const space = viewSpace(view);
    const full = fullDisks(view).map(({ text }) => text);
    // An etcd that has ended for want of it does not answer.
    if (full.length > 0) return { reason: "DiskFull", message: diskFull(full) };
    if (space.members.length === 0) {
      return { reason: "NotSeen", message: "No etcd member answers." };
    }
    if (space.exhausted) return { reason: "QuotaExceeded", message: quotaExceeded(space, view) };
    return { reason: needsCompaction(space) ? "NearQuota" : "BelowQuota", message: "" };
  },
);

function diskFull(full: readonly string[]): string {
  return (
    `Disks with data of the nodes are full: ${full.join(", ")}. Delete files there, as notebooks write them: ` +
    "they can write no more, and etcd lives on what is set aside for it."
  );
}

function quotaExceeded(space: Space, view: ClusterView): string {
  const size = `${mebibytes(space.sizeBytes)} of ${view.spec.etcd.quotaMiB} MiB`;
  const inUse = `${mebibytes(space.inUseBytes)} MiB in use`;
  const remedy = needsCompaction(space)
    ? "Delete keys, or raise etcd.quota."
    : "It is compacted and defragmented.";
  return `etcd takes no more writes: its database has ${size}, ${inUse}. ${remedy}`;
}
