/** What people and others want of a cluster besides its file: taken in like a spec, answered when it is durable. */
import type { ClusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";

/** As the change of the cluster's memory that it is. */
export type Change = (memory: ClusterMemory, now: number) => ClusterMemory;

export interface AskedChange {
  readonly apply: Change;
  readonly done: () => void;
}

export class Requests {
  private readonly waiting = new Map<ClusterKey, readonly AskedChange[]>();

  /** Resolves when it is answered. */
  ask(key: ClusterKey, apply: Change): Promise<void> {
    return new Promise((done) => {
      this.waiting.set(key, [...this.of(key), { apply, done }]);
    });
  }

  of(key: ClusterKey): readonly AskedChange[] {
    return this.waiting.get(key) ?? [];
  }

  answer(key: ClusterKey, asked: readonly AskedChange[]): void {
    const left = this.of(key).filter((request) => !asked.includes(request));
    if (left.length > 0) this.waiting.set(key, left);
    else this.waiting.delete(key);
    for (const { done } of asked) done();
  }
}
