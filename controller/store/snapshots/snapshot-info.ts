/** Names of snapshots, and what is stored beside each. */
import type { SnapshotInfo } from "../../model/snapshot.ts";

const ID = /^\d{8}T\d{9}Z-r\d+$/;
const HEX_SHA256 = /^[0-9a-f]{64}$/;

/** Of what is stored beside a snapshot; that of 0.1.0 says none. The place may be shared, or outlive a release. */
const INFO_VERSION = 1;

/** As it is stored. */
export function infoText(info: SnapshotInfo): string {
  return `${JSON.stringify({ version: INFO_VERSION, ...info }, null, 1)}\n`;
}

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
  let value: (Partial<SnapshotInfo> & { version?: unknown }) | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || value.id !== id) return null;
  if ((value.version ?? INFO_VERSION) !== INFO_VERSION) return null;
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
