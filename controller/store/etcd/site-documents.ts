/** What the keys of a site hold, read as one: strictly by who acts, leniently by who looks. Pure. */
import { clusterKey, type ClusterKey } from "../../model/ids.ts";
import type { ClusterMemory } from "../../model/memory.ts";
import type { ObservedTask } from "../../model/observed.ts";
import type { StoredSpec } from "../../model/stored-spec.ts";
import {
  type FrameworkRecord,
  isFrameworkRecord,
  isMemory,
  isSpec,
  parsePublished,
  parseTask,
} from "../records.ts";
import type { PublishedStatus, StateStore } from "../state-backend.ts";
import { isMoveMark, type MoveMark } from "../move/move-mark.ts";
import { corruptKey, isIn, type SiteKeys, unsealed } from "./keys.ts";
import type { StoredKey } from "./store-etcd.ts";

type Stored = Iterable<StoredKey>;

/**
 * A damaged task status is left out: Mesos tells the state of each task again.
 *
 * @throws OperationError ERR_STATE_CORRUPT: a controller without its memory must not act
 */
export function storedIn(
  keys: SiteKeys,
  all: ReadonlyMap<string, StoredKey>,
): StateStore["stored"] {
  const framework = frameworkIn(keys, all);
  return {
    memories: memoriesIn(keys, all.values()),
    tasks: tasksIn(keys, all.values()),
    frameworkId: framework?.frameworkId ?? null,
    masters: framework?.masters ?? null,
    specs: specsIn(keys, all.values()),
  };
}

export function frameworkIdIn(keys: SiteKeys, all: ReadonlyMap<string, StoredKey>): string | null {
  return frameworkIn(keys, all)?.frameworkId ?? null;
}

export function frameworkIn(
  keys: SiteKeys,
  all: ReadonlyMap<string, StoredKey>,
): FrameworkRecord | null {
  const stored = all.get(keys.framework);
  if (stored === undefined) return null;
  const record = unsealed(stored.key, stored.value);
  if (!isFrameworkRecord(record)) throw corruptKey(stored.key, "it is no framework record");
  return record;
}

export function memoriesIn(keys: SiteKeys, all: Stored): Map<ClusterKey, ClusterMemory> {
  const memories = new Map<ClusterKey, ClusterMemory>();
  for (const stored of all) {
    if (!isIn(keys.memories, stored.key)) continue;
    const memory = memoryIn(keys, stored);
    memories.set(clusterKey(memory.cluster.metadata), memory);
  }
  return memories;
}

export function memoryIn(keys: SiteKeys, { key, value }: StoredKey): ClusterMemory {
  const memory = unsealed(key, value);
  if (!isMemory(memory)) throw corruptKey(key, "it is no memory of a cluster");
  if (keys.memory(clusterKey(memory.cluster.metadata)) !== key) {
    throw corruptKey(key, "it is the memory of another cluster");
  }
  return memory;
}

/** @throws OperationError ERR_STATE_CORRUPT: left out, its cluster would be taken for removed */
export function specsIn(keys: SiteKeys, all: Stored): Map<ClusterKey, StoredSpec> {
  const specs = new Map<ClusterKey, StoredSpec>();
  for (const { key, value } of all) {
    if (!isIn(keys.specs, key)) continue;
    const found = unsealed(key, value);
    if (!isSpec(found) || keys.spec(found.cluster) !== key) {
      throw corruptKey(key, "it is no document of that cluster");
    }
    specs.set(found.cluster, { text: found.text, owners: found.owners });
  }
  return specs;
}

/** As it stands in the store. */
export function specValue(cluster: ClusterKey, { text, owners }: StoredSpec): object {
  return { cluster, text, owners };
}

export function tasksIn(keys: SiteKeys, all: Stored): Map<string, ObservedTask> {
  const tasks = new Map<string, ObservedTask>();
  for (const { key, value } of all) {
    if (!isIn(keys.tasks, key)) continue;
    const task = parseTask(value);
    if (task !== null && keys.task(task.taskId) === key) tasks.set(task.taskId, task);
  }
  return tasks;
}

export function statusIn(keys: SiteKeys, { key, value }: StoredKey): PublishedStatus | null {
  const status = isIn(keys.statuses, key) ? parsePublished(value) : null;
  return status !== null && keys.status(clusterKey(status.object.metadata)) === key ? status : null;
}

/** @throws OperationError ERR_STATE_CORRUPT: unread, it could let two stores count as the one */
export function moveMarkIn(keys: SiteKeys, all: ReadonlyMap<string, StoredKey>): MoveMark | null {
  const stored = all.get(keys.moved);
  if (stored === undefined) return null;
  const mark = unsealed(stored.key, stored.value);
  if (!isMoveMark(mark)) throw corruptKey(stored.key, "it is no mark of a move");
  return mark;
}
