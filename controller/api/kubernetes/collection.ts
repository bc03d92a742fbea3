/** The objects of one kind as they are now, and what has changed lately: what list and watch are made of. */
import { sameData } from "../../model/same-data.ts";
import type { Kind } from "./kind.ts";
import { type KubernetesObject, objectKey } from "./object.ts";

/** Changes that a watch can go on from. */
const CHANGES_MAX = 1024;

export interface Change<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: T;
  /** What there was before; null with ADDED. Selectors may have taken it and not take the object. */
  readonly before: T | null;
  readonly version: number;
}

export class Collection<T extends KubernetesObject> {
  /** By the cluster that they belong to, then by their keys. */
  private readonly scopes = new Map<string, ReadonlyMap<string, T>>();
  private readonly listeners = new Set<(change: Change<T>) => void>();
  private changes: Change<T>[] = [];
  /** All changes after this one are in `changes`. */
  private completeAfter: number;
  private version: number;

  /** @param version of what there was before anything that will be put in */
  constructor(
    readonly kind: Kind<T>,
    version: number,
  ) {
    this.completeAfter = version;
    this.version = version;
  }

  /** The newest version of anything. */
  get resourceVersion(): number {
    return this.version;
  }

  /**
   * These are all the objects of one cluster from now on. What differs gets this version.
   *
   * @param version above all before
   */
  replace(scope: string, wanted: readonly T[], version: number): void {
    this.version = Math.max(this.version, version);
    const before = this.scopes.get(scope) ?? new Map<string, T>();
    const after = new Map<string, T>();
    const changes: Omit<Change<T>, "version">[] = [];
    for (const object of wanted) {
      const key = objectKey(object);
      const old = before.get(key);
      if (old !== undefined && sameData(old, object, IDENTITY)) {
        after.set(key, old);
        continue;
      }
      const named = versioned(object, version);
      after.set(key, named);
      changes.push(...changeTo(old ?? null, named));
    }
    for (const [key, old] of before) {
      if (after.has(key)) continue;
      changes.push({ type: "DELETED", object: versioned(old, version), before: old });
    }
    if (after.size > 0) this.scopes.set(scope, after);
    else this.scopes.delete(scope);
    for (const change of changes) this.tell({ ...change, version });
  }

  list(): readonly T[] {
    const all = [...this.scopes.values()].flatMap((scope) => [...scope]);
    const byKey = new Map(all);
    return [...byKey.keys()].toSorted().map((key) => byKey.get(key) as T);
  }

  get(key: string): T | undefined {
    for (const scope of this.scopes.values()) {
      const found = scope.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Null: some of them are forgotten, or the version was never given out here. */
  changesAfter(version: number): readonly Change<T>[] | null {
    if (version < this.completeAfter || version > this.version) return null;
    return this.changes.filter((change) => change.version > version);
  }

  subscribe(listener: (change: Change<T>) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(change: Change<T>): void {
    this.changes.push(change);
    if (this.changes.length > CHANGES_MAX) {
      this.completeAfter = this.changes[CHANGES_MAX / 2 - 1]?.version ?? this.version;
      this.changes = this.changes.filter(({ version }) => version > this.completeAfter);
    }
    for (const listener of this.listeners) listener(change);
  }
}

/** Given by us, so no difference by itself. */
const IDENTITY: ReadonlySet<string> = new Set(["resourceVersion"]);

/** An object of the same name with another uid is another object. */
function changeTo<T extends KubernetesObject>(
  before: T | null,
  object: T,
): Omit<Change<T>, "version">[] {
  if (before === null) return [{ type: "ADDED", object, before }];
  if (before.metadata.uid === object.metadata.uid) return [{ type: "MODIFIED", object, before }];
  const { resourceVersion } = object.metadata;
  return [
    { type: "DELETED", object: versioned(before, Number(resourceVersion)), before },
    { type: "ADDED", object, before: null },
  ];
}

function versioned<T extends KubernetesObject>(object: T, version: number): T {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}
