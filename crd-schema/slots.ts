/** How many slots a cluster has: one for each replica, and one more for the spare if it has one. */
import type { ClusterSpec } from "./spec.ts";

export interface Sized {
  readonly replicas: number;
  readonly etcd: Pick<ClusterSpec["etcd"], "standby">;
}

export function slotCount(spec: Sized): number {
  return spec.replicas + (hasSpare(spec) ? 1 : 0);
}

export function hasSpare({ etcd }: Pick<Sized, "etcd">): boolean {
  return etcd.standby === "learner";
}
