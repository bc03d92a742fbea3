import { jobOf } from "../jobs.ts";
import { newestSnapshot } from "../snapshots/snapshots.ts";
import { epochMs } from "../timestamp.ts";
import { conditionPolicy } from "./policy.ts";

/** A snapshot that is late by this has failed to be taken. Milliseconds. */
const LATE_MS = 60_000;

export const backupReady = conditionPolicy(
  {
    SnapshotTaken: "True",
    SnapshotFailed: "False",
    Disabled: "False",
    NoSnapshotYet: "Unknown",
    NotSeen: "Unknown",
  },
  ({ view, input }) => {
    const { intervalSeconds } = view.spec.etcd.snapshots;
    if (intervalSeconds === 0) {
      const message = "etcd.snapshots.intervalSeconds is 0: no snapshots are taken.";
      return { reason: "Disabled", message };
    }
    const { snapshots } = input.observed;
    if (snapshots.freshness !== "fresh") {
      const message = snapshots.freshness === "unknown" ? snapshots.reason : "The list is old.";
      return { reason: "NotSeen", message };
    }
    const failure = jobOf({ type: "SaveSnapshot", slot: 0 }, input.observed)?.error ?? null;
    const why = failure === null ? "No snapshot could be taken yet." : failure.message;
    const newest = newestSnapshot(view, input.observed, input.now);
    if (newest === null) {
      return { reason: failure === null ? "NoSnapshotYet" : "SnapshotFailed", message: why };
    }
    const { takenAt, revision } = newest;
    if (input.now < epochMs(takenAt) + intervalSeconds * 1000 + LATE_MS) {
      const { length } = snapshots.value;
      const message = `The newest of ${length} is of ${takenAt}, revision ${revision}.`;
      return { reason: "SnapshotTaken", message };
    }
    return { reason: "SnapshotFailed", message: `The newest is of ${takenAt} and overdue. ${why}` };
  },
);
