/** The view of those who stand by, made of the keys; what has not changed is not read again. */
import { messageOf, OperationError } from "../../model/errors.ts";
import { clusterKey, type ClusterKey } from "../../model/ids.ts";
import type { ClusterMemory } from "../../model/memory.ts";
import { type Candidate, parseCandidate } from "../records.ts";
import type { PublishedStatus, SiteView } from "../state-backend.ts";
import { isIn, type SiteKeys } from "./keys.ts";
import { frameworkIdIn, memoryIn, moveMarkIn, statusIn } from "./site-documents.ts";
import type { StoredKey } from "./store-etcd.ts";

export interface Queued extends Candidate {
  readonly createRevision: number;
}

interface Read<T> {
  readonly modRevision: number;
  readonly value: T;
}

/** In the order in which they act. A key that cannot be read has its place all the same. */
export function queueIn(keys: SiteKeys, all: Iterable<StoredKey>): readonly Queued[] {
  const queue = [...all].filter(({ key }) => isIn(keys.controllers, key));
  return queue
    .toSorted((a, b) => a.createRevision - b.createRevision)
    .map(({ value, createRevision }) => {
      const candidate = parseCandidate(value) ?? { record: UNREADABLE, actingSince: null };
      return { ...candidate, createRevision };
    });
}

const UNREADABLE = {
  id: "unreadable",
  hostname: "unknown",
  pid: 0,
  apiUrl: "",
  version: "unknown",
  startedAt: "",
};

export class SiteViews {
  private readonly memories = new Map<string, Read<ClusterMemory>>();
  private readonly statuses = new Map<string, Read<PublishedStatus | null>>();

  constructor(private readonly keys: SiteKeys) {}

  /** @throws OperationError ERR_STATE_CORRUPT */
  viewOf(all: ReadonlyMap<string, StoredKey>): SiteView {
    const { keys } = this;
    const memories = new Map<ClusterKey, ClusterMemory>();
    const published: PublishedStatus[] = [];
    for (const stored of all.values()) {
      if (isIn(keys.memories, stored.key)) {
        const memory = readOnce(this.memories, stored, () => memoryIn(keys, stored));
        memories.set(clusterKey(memory.cluster.metadata), memory);
      } else if (isIn(keys.statuses, stored.key)) {
        const status = readOnce(this.statuses, stored, () => statusIn(keys, stored));
        if (status !== null) published.push(status);
      }
    }
    forgetGone(this.memories, all);
    forgetGone(this.statuses, all);
    const [first] = queueIn(keys, all.values());
    return {
      acting: this.actingOf(first, all),
      memories,
      published,
      frameworkId: frameworkIdIn(keys, all),
    };
  }

  private actingOf(first: Queued | undefined, all: ReadonlyMap<string, StoredKey>) {
    if (first === undefined || first.actingSince === null) return null;
    const term = termNumber(moveMarkIn(this.keys, all), first.createRevision);
    return { ...first.record, term, since: first.actingSince };
  }
}

export function termNumber(
  mark: { readonly termsBefore: number } | null,
  createRevision: number,
): number {
  return (mark?.termsBefore ?? 0) + createRevision;
}

/** Why the view cannot be made, where that is an operating error. */
export function whyNot(error: unknown): string {
  if (!(error instanceof OperationError)) throw error;
  return messageOf(error);
}

function readOnce<T>(
  known: Map<string, Read<T>>,
  { key, modRevision }: StoredKey,
  read: () => T,
): T {
  const before = known.get(key);
  if (before?.modRevision === modRevision) return before.value;
  const value = read();
  known.set(key, { modRevision, value });
  return value;
}

function forgetGone(known: Map<string, unknown>, all: ReadonlyMap<string, StoredKey>): void {
  for (const key of known.keys()) {
    if (!all.has(key)) known.delete(key);
  }
}
