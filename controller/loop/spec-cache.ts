/** The newest snapshot of the spec files, and which clusters have applied it. */
import type { ClusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { SpecSnapshot } from "../model/spec-snapshot.ts";
import { applySpec } from "../plan/apply-spec.ts";

export class SpecCache {
  /** Applied by each cluster's own next reconcile, so that its memory has one writer. */
  private snapshot: SpecSnapshot | null = null;
  /** What each cluster's durable memory holds. */
  private readonly appliedTo = new Map<ClusterKey, SpecSnapshot>();

  get newest(): SpecSnapshot | null {
    return this.snapshot;
  }

  /** @returns whom it concerns: those for whom it says something new, and who lag behind anyway */
  put(
    newest: SpecSnapshot,
    memories: ReadonlyMap<ClusterKey, ClusterMemory>,
    now: number,
  ): readonly ClusterKey[] {
    const before = this.snapshot;
    this.snapshot = newest;
    const concerned: ClusterKey[] = [];
    for (const [key, memory] of memories) {
      // Who has not applied the last one may be about to: its memory says nothing of the outcome.
      const abreast = before !== null && this.appliedTo.get(key) === before;
      if (abreast && applySpec(memory, newest, now) === memory) this.appliedTo.set(key, newest);
      else concerned.push(key);
    }
    return concerned;
  }

  /** The memory with what the newest snapshot says to it; the same one when that is nothing new. */
  apply(key: ClusterKey, memory: ClusterMemory, now: number): ClusterMemory {
    const { snapshot } = this;
    if (snapshot === null || this.appliedTo.get(key) === snapshot) return memory;
    return applySpec(memory, snapshot, now);
  }

  /** The memory that holds this snapshot is durable. */
  applied(key: ClusterKey, snapshot: SpecSnapshot | null): void {
    if (snapshot !== null) this.appliedTo.set(key, snapshot);
  }

  forget(key: ClusterKey): void {
    this.appliedTo.delete(key);
  }
}
