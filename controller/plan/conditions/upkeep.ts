/** Conditions on what keeps etcd alive for years: room to write, and copies elsewhere. */
import { lastKnown } from "../../model/observed.ts";
import type { Verdict } from "../../model/resource.ts";
import { jobOf } from "../jobs.ts";
import { newestSnapshot } from "../snapshots/snapshots.ts";
import { isCrowded, viewSpace } from "../space/space.ts";
import { epochMs } from "../timestamp.ts";
import type { Case } from "./judge.ts";

/** A snapshot that is late by this has failed to be taken. Milliseconds. */
const LATE_MS = 60_000;

export function judgeUpkeep(facts: Case): Verdict[] {
  return [spaceAvailable(facts), backupReady(facts)];
}

function spaceAvailable({ view }: Case): Verdict {
  const type = "SpaceAvailable";
  const space = viewSpace(view);
  if (space.members.length === 0) {
    return { type, status: "Unknown", reason: "NotSeen", message: "No etcd member answers." };
  }
  const size = `${mebibytes(space.sizeBytes)} of ${view.spec.etcd.quotaMiB} MiB`;
  const inUse = `${mebibytes(space.inUseBytes)} MiB in use`;
  if (space.exhausted && isCrowded(space)) {
    const message = `etcd takes no more writes: its database has ${size}, ${inUse}. Delete keys, or raise etcd.quota.`;
    return { type, status: "False", reason: "QuotaExceeded", message };
  }
  if (space.exhausted) {
    const message = `etcd takes no more writes: its database has ${size}, ${inUse}. It is compacted and defragmented.`;
    return { type, status: "False", reason: "QuotaExceeded", message };
  }
  const reason = isCrowded(space) ? "NearQuota" : "BelowQuota";
  return { type, status: "True", reason, message: "" };
}

function backupReady({ view, input, draft }: Case): Verdict {
  const type = "BackupReady";
  const { intervalSeconds } = view.spec.etcd.snapshots;
  if (intervalSeconds === 0) {
    const message = "etcd.snapshots.intervalSeconds is 0: no snapshots are taken.";
    return { type, status: "False", reason: "Disabled", message };
  }
  const { snapshots } = input.observed;
  if (snapshots.freshness !== "fresh") {
    const message = snapshots.freshness === "unknown" ? snapshots.reason : "The list is old.";
    return { type, status: "Unknown", reason: "NotSeen", message };
  }
  const failure = jobOf({ type: "SaveSnapshot", slot: 0 }, input)?.error ?? null;
  const newest = newestSnapshot(view, input);
  const lateAt = (newest ? epochMs(newest.takenAt) + intervalSeconds * 1000 : 0) + LATE_MS;
  if (newest !== null && draft.now < lateAt) {
    const count = lastKnown(snapshots)?.length ?? 0;
    const message = `The newest of ${count} is of ${newest.takenAt}, revision ${newest.revision}.`;
    return { type, status: "True", reason: "SnapshotTaken", message };
  }
  const why = failure === null ? "No snapshot could be taken yet." : failure.message;
  if (newest === null) {
    const status = failure === null ? "Unknown" : "False";
    return { type, status, reason: failure ? "SnapshotFailed" : "NoSnapshotYet", message: why };
  }
  const message = `The newest is of ${newest.takenAt} and overdue. ${why}`;
  return { type, status: "False", reason: "SnapshotFailed", message };
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
