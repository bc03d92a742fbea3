import { needsCompaction, viewSpace } from "../space/space.ts";
import { conditionPolicy } from "./policy.ts";

export const spaceAvailable = conditionPolicy(
  { BelowQuota: "True", NearQuota: "True", QuotaExceeded: "False", NotSeen: "Unknown" },
  ({ view }) => {
    const space = viewSpace(view);
    if (space.members.length === 0) {
      return { reason: "NotSeen", message: "No etcd member answers." };
    }
    if (!space.exhausted) {
      return { reason: needsCompaction(space) ? "NearQuota" : "BelowQuota", message: "" };
    }
    const size = `${mebibytes(space.sizeBytes)} of ${view.spec.etcd.quotaMiB} MiB`;
    const inUse = `${mebibytes(space.inUseBytes)} MiB in use`;
    const remedy = needsCompaction(space)
      ? "Delete keys, or raise etcd.quota."
      : "It is compacted and defragmented.";
    const message = `etcd takes no more writes: its database has ${size}, ${inUse}. ${remedy}`;
    return { reason: "QuotaExceeded", message };
  },
);

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
