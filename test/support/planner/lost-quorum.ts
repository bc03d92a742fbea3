/** Runs that have lost a quorum for good, each up to the moment that it is certain. */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { FakeWorld } from "./fake-world.ts";
import { fakeCluster } from "./fixtures.ts";
import { type PlannerRun, readyRun } from "./run.ts";

/**
 * All containers of five died, and the volumes of slots 0 to 2 with them: until that is certain.
 */
export function lostRun(recovery: Partial<ClusterSpec["etcd"]["recovery"]> = {}): PlannerRun {
  const { etcd } = fakeCluster().spec;
  const run = readyRun({
    replicas: 5,
    etcd: { ...etcd, recovery: { ...etcd.recovery, ...recovery } },
  });
  for (const slot of run.world.runningSlots()) run.world.kill(slot);
  for (const slot of [0, 1, 2]) run.world.loseVolume(slot);
  run.until((p) => p.memory.recovery.lostSince !== null);
  return run;
}

/** Nothing is left in any slot, and this long has passed since. */
export function nothingLeft(snapshots: FakeWorld["snapshots"]): PlannerRun {
  const run = readyRun();
  run.world.snapshots = snapshots;
  for (const slot of [0, 1, 2]) run.world.loseVolume(slot);
  run.until((p) => p.memory.recovery.lostSince !== null);
  return run;
}

export const GRACE_MS = fakeCluster().spec.etcd.recovery.graceSeconds * 1000;

export function afterGrace(run: PlannerRun): PlannerRun {
  run.now = (run.memory.recovery.lostSince as number) + GRACE_MS;
  return run;
}
