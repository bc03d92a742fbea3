/** What was done to a cluster because somebody asked, or by rule: an object from its request to its result. */
import type { SnapshotInfo } from "./snapshot.ts";

export const OPERATION_KINDS = [
  "SaveSnapshot",
  /** A person's: etcd goes back to a snapshot, or begins empty. */
  "Restore",
  "Defragment",
  "Rebalance",
  /** The controller's: a quorum that was lost for good. */
  "Recover",
] as const;

export type OperationKind = (typeof OPERATION_KINDS)[number];

/** `Incomplete`: it ended in good order and left something undone, which its message names. */
export type OperationState =
  | "Pending"
  | "Processing"
  | "Succeeded"
  | "Incomplete"
  | "Failed"
  | "Cancelled";

/** `Schedule`: the spec's interval. `Controller`: what it found made it necessary. The others are people's. */
export type AskedVia = "CommandLine" | "Page" | "Kubectl" | "API" | "Schedule" | "Controller";

export interface Asker {
  readonly via: AskedVia;
  /** USER@HOST as the command line says it; null: not said. */
  readonly user: string | null;
}

/** As it is remembered. All times in milliseconds since the epoch. */
export interface Operation {
  /** Of its cluster, ascending, never used again. */
  readonly number: number;
  readonly kind: OperationKind;
  readonly asker: Asker;
  readonly state: OperationState;
  readonly askedAt: number;
  /** Of the first attempt; null: it has not begun. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** How often it was begun; 0: not yet. */
  readonly attempts: number;
  /** The slot that does it, or on which it is done; null: none alone. */
  readonly slot: number | null;
  /** At its end what came of it or why it failed, in a sentence; before, what was asked for, or empty. */
  readonly message: string;
  /** Of the error on which it failed. */
  readonly code: string | null;
  /** That was taken, or that is restored. */
  readonly snapshot: SnapshotInfo | null;
}

/** As the status tells of it. */
export interface OperationStatus {
  /** `restore-7`. */
  readonly id: string;
  readonly kind: OperationKind;
  readonly state: OperationState;
  readonly askedBy: Asker;
  /** RFC 3339, as are the others. */
  readonly askedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly attempts: number;
  readonly slot: number | null;
  /** What it does or waits for; at its end, what came of it or why it failed. */
  readonly message: string;
  /** Of the error on which it failed; null: on none. */
  readonly code: string | null;
  readonly snapshotId: string | null;
}

const PREFIXES: Readonly<Record<OperationKind, string>> = {
  SaveSnapshot: "snapshot",
  Restore: "restore",
  Defragment: "defragment",
  Rebalance: "rebalance",
  Recover: "recover",
};

export function operationId({ kind, number }: Pick<Operation, "kind" | "number">): string {
  return `${PREFIXES[kind]}-${number}`;
}

export function isPersons({ via }: Asker): boolean {
  return via !== "Schedule" && via !== "Controller";
}

export function isUnderWay({ state }: Pick<Operation, "state">): boolean {
  return state === "Pending" || state === "Processing";
}
