/** Names of snapshots, and what is stored beside each. */
import type { SnapshotInfo } from "../../model/snapshot.ts";

const ID = /^\d{8}T\d{9}Z-r\d+$/;
const HEX_SHA256 = /^[0-9a-f]{64}$/;

/** @param takenAt milliseconds since the epoch */
export function snapshotId(takenAt: number, revision: number): string {
  return `${new Date(takenAt).toISOString().replace(/[-:.]/g, "")}-r${revision}`;
}

export function isSnapshotId(text: string): boolean {
  return ID.test(text);
}

/** Oldest first. */
export function byAge(a: SnapshotInfo, b: SnapshotInfo): number {
  return a.takenAt < b.takenAt ? -1 : a.takenAt > b.takenAt ? 1 : a.revision - b.revision;
}

/** Null: it is not what is stored beside the snapshot of this id. */
export function parseInfo(text: string, id: string): SnapshotInfo | null {
  let value: Partial<SnapshotInfo> | null;
  try {
    value = JSON.parse(text) as Partial<SnapshotInfo> | null;
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || value.id !== id) return null;
  const { takenAt, revision, keys, sizeBytes, sha256, clusterId } = value;
  if (typeof takenAt !== "string" || Number.isNaN(Date.parse(takenAt))) return null;
  if (!isCount(revision) || !isCount(keys) || !isCount(sizeBytes)) return null;
  if (typeof sha256 !== "string" || !HEX_SHA256.test(sha256)) return null;
  if (typeof clusterId !== "string") return null;
  return { id, takenAt, revision, keys, sizeBytes, sha256, clusterId };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
