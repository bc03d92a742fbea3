import { fresh, type Observed, stale, unknown } from "../../../../controller/model/observed.ts";
import type { SnapshotInfo } from "../../../../controller/model/snapshot.ts";
import { backupReady } from "../../../../controller/plan/conditions/backup-ready.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { timestamp } from "../../../../controller/plan/timestamp.ts";
import { conditionTable, decide, SNAPSHOT } from "../../../support/planner/condition-table.ts";
import { fakeCluster, T0 } from "../../../support/planner/fixtures.ts";
import { readyRun } from "../../../support/planner/run.ts";

/** A snapshot each minute, and these facts at a moment that does not depend on the run. */
const withFacts =
  (facts: Partial<Observed>, intervalSeconds = 60) =>
  (): Plan => {
    const snapshots = { intervalSeconds, keep: 3, maxMiB: 10_240, directory: null };
    const run = readyRun({ etcd: { ...fakeCluster().spec.etcd, snapshots } });
    run.now = NOW;
    return decide(run, facts);
  };

const NOW = T0 + 3_600_000;
/** The interval and the time that a snapshot may be late by. */
const LATE_MS = 120_000;

function takenAt(ms: number): SnapshotInfo {
  return { ...SNAPSHOT, takenAt: timestamp(ms) };
}

const failure = {
  code: "ERR",
  operation: "SaveSnapshot",
  message: "The disk is full.",
  observedAt: "",
};
const jobs = [
  {
    key: "SaveSnapshot",
    state: "failed",
    since: NOW - 60_000,
    error: failure,
    operation: 1,
    snapshot: null,
  },
] as const;
const late = takenAt(NOW - LATE_MS);
const other: SnapshotInfo = { ...takenAt(NOW), clusterId: "another cluster's" };

conditionTable("BackupReady", backupReady.reasons, {
  "a snapshot within the interval is told": [
    withFacts({ snapshots: fresh([takenAt(NOW - 3_000_000), takenAt(NOW - LATE_MS + 1)]) }),
    "True",
    "SnapshotTaken",
    `The newest of 2 is of ${timestamp(NOW - LATE_MS + 1)}, revision 9.`,
  ],
  "a snapshot that is overdue has failed": [
    withFacts({ snapshots: fresh([late]) }),
    "False",
    "SnapshotFailed",
    `The newest is of ${late.takenAt} and overdue. No snapshot could be taken yet.`,
  ],
  "a snapshot that is overdue is told with the last failure": [
    withFacts({ snapshots: fresh([late]), jobs }),
    "False",
    "SnapshotFailed",
    `The newest is of ${late.takenAt} and overdue. The disk is full.`,
  ],
  "a first snapshot that failed is told with the failure": [
    withFacts({ snapshots: fresh([]), jobs }),
    "False",
    "SnapshotFailed",
    "The disk is full.",
  ],
  "a snapshot of another cluster is none": [
    withFacts({ snapshots: fresh([other]) }),
    "Unknown",
    "NoSnapshotYet",
    "No snapshot could be taken yet.",
  ],
  "a list that cannot be read says why": [
    withFacts({ snapshots: unknown("not mounted") }),
    "Unknown",
    "NotSeen",
    "not mounted",
  ],
  "a list that was read some time ago says nothing of now": [
    withFacts({ snapshots: stale([takenAt(NOW)], NOW) }),
    "Unknown",
    "NotSeen",
    "The list is old.",
  ],
  "a spec that asks for none has none": [
    withFacts({ snapshots: fresh([takenAt(NOW)]) }, 0),
    "False",
    "Disabled",
    "etcd.snapshots.intervalSeconds is 0: no snapshots are taken.",
  ],
});
