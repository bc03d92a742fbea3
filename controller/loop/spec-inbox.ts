/** The newest reading of the spec files, and which clusters have taken it in. */
import type { ClusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import {
  indexReading,
  type IndexedReading,
  type SpecReading,
  takeReading,
} from "../plan/intake.ts";

export class SpecInbox {
  /** Taken in by each cluster's own next visit, so that its memory has one writer. */
  private reading: IndexedReading | null = null;
  /** What each cluster's memory has taken in. */
  private readonly takenIn = new Map<ClusterKey, IndexedReading>();

  get newest(): IndexedReading | null {
    return this.reading;
  }

  /** @returns whom it concerns: those for whom it says something new, and who lag behind anyway */
  put(
    reading: SpecReading,
    memories: ReadonlyMap<ClusterKey, ClusterMemory>,
    now: number,
  ): readonly ClusterKey[] {
    const before = this.reading;
    const newest = indexReading(reading);
    this.reading = newest;
    const concerned: ClusterKey[] = [];
    for (const [key, memory] of memories) {
      // Who has not taken in the last one may be about to: its memory says nothing of the outcome.
      const abreast = before !== null && this.takenIn.get(key) === before;
      if (abreast && takeReading(memory, newest, now) === memory) this.takenIn.set(key, newest);
      else concerned.push(key);
    }
    return concerned;
  }

  /** The memory with what the newest reading says to it; the same one when that is nothing new. */
  take(key: ClusterKey, memory: ClusterMemory, now: number): ClusterMemory {
    const { reading } = this;
    if (reading === null || this.takenIn.get(key) === reading) return memory;
    return takeReading(memory, reading, now);
  }

  /** The memory that holds this reading is durable. */
  taken(key: ClusterKey, reading: IndexedReading | null): void {
    if (reading !== null) this.takenIn.set(key, reading);
  }

  forget(key: ClusterKey): void {
    this.takenIn.delete(key);
  }
}
