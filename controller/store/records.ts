/** What stands in the store, read back: each value is what it says, or null. Pure. */
import type { ClusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { ObservedTask } from "../model/observed.ts";
import type { StoredSpec } from "../model/stored-spec.ts";
import { unsealJson } from "../support/files/sealed-json.ts";
import type { ActingController, ControllerRecord, PublishedStatus } from "./state-backend.ts";

export interface FrameworkRecord {
  /** As Mesos gave it; null before the first registration. */
  readonly frameworkId: string | null;
  /** The masters as they were given on the command line. */
  readonly masters: string;
}

/** Of one that never registered: those that a controller has unless it is told otherwise. */
export function mastersOf({ masters }: { readonly masters: string | null }): string {
  return masters ?? "local";
}

export function isFrameworkRecord(value: unknown): value is FrameworkRecord {
  const record = value as Partial<FrameworkRecord> | null;
  if (typeof record !== "object" || typeof record?.masters !== "string") return false;
  return record.frameworkId === null || typeof record.frameworkId === "string";
}

export function isMemory(value: unknown): value is ClusterMemory {
  const memory = value as Partial<ClusterMemory> | null;
  if (typeof memory !== "object" || typeof memory?.uid !== "string") return false;
  const { namespace, name } = memory.cluster?.metadata ?? {};
  if (typeof namespace !== "string" || typeof name !== "string") return false;
  return Array.isArray(memory.slots) && memory.slots.every(isSlot);
}

function isSlot(value: unknown): boolean {
  const { slot, launches } = (value ?? {}) as { slot?: unknown; launches?: unknown };
  return Number.isSafeInteger(slot) && Number.isSafeInteger(launches);
}

export function isSpec(value: unknown): value is StoredSpec & { readonly cluster: ClusterKey } {
  const { cluster, text, owners } = (value ?? {}) as { [key: string]: unknown };
  const isNamed = typeof cluster === "string" && /^[^/]+\/[^/]+$/.test(cluster);
  return isNamed && typeof text === "string" && Array.isArray(owners);
}

export function parseTask(text: string | null): ObservedTask | null {
  const value = parsed(text) as Partial<ObservedTask> | null;
  const fits = typeof value?.taskId === "string" && typeof value.state === "string";
  return fits ? (value as ObservedTask) : null;
}

export function parsePublished(text: string | null): PublishedStatus | null {
  const value = parsed(text) as Partial<PublishedStatus> | null;
  const { namespace, name } = value?.object?.metadata ?? {};
  const isNamed = typeof namespace === "string" && typeof name === "string";
  return isNamed && Array.isArray(value?.events) ? (value as PublishedStatus) : null;
}

export function isController(value: unknown): value is ControllerRecord {
  const { id, hostname, apiUrl } = (value ?? {}) as Partial<ControllerRecord>;
  return [id, hostname, apiUrl].every((field) => typeof field === "string");
}

export function isActing(value: unknown): value is ActingController {
  const { term, since } = (value ?? {}) as Partial<ActingController>;
  return isController(value) && Number.isSafeInteger(term) && typeof since === "string";
}

/** A controller that campaigns; once it acts it says since when. */
export interface Candidate {
  readonly record: ControllerRecord;
  /** ISO 8601; null: it waits. */
  readonly actingSince: string | null;
}

export function parseCandidate(text: string | null): Candidate | null {
  const { record, actingSince } = (parsed(text) ?? {}) as Partial<Candidate>;
  if (!isController(record)) return null;
  return { record, actingSince: typeof actingSince === "string" ? actingSince : null };
}

function parsed(text: string | null): unknown {
  try {
    return unsealJson(text ?? "");
  } catch {
    // Whoever asks is told null, and says what that means where it stands.
    return null;
  }
}
