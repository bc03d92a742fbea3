/** What people and others want of a cluster besides its file: taken in like a spec, answered when it is durable. */
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { ClusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";

/** As the change of the cluster's memory that it is. */
export type Change = (memory: ClusterMemory, now: number) => ClusterMemory;

export interface AskedChange {
  readonly apply: Change;
  readonly done: () => void;
  readonly refuse: (error: OperationError) => void;
}

export class Requests {
  private readonly waiting = new Map<ClusterKey, readonly AskedChange[]>();

  /** Resolves when it is answered. @throws OperationError ERR_NOT_FOUND when the cluster is deleted before */
  ask(key: ClusterKey, apply: Change): Promise<void> {
    return new Promise((done, refuse) => {
      this.waiting.set(key, [...this.of(key), { apply, done, refuse }]);
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

  /** The cluster is gone: what was asked of it is not asked of the one that may come under its name. */
  forget(key: ClusterKey): void {
    const asked = this.of(key);
    this.waiting.delete(key);
    for (const { refuse } of asked) refuse(deleted(key));
  }
}

export function deleted(key: ClusterKey): OperationError {
  const message = `JupyterCluster ${key} has just been deleted.`;
  return new OperationError(ERROR_CODES.NOT_FOUND, "ask it of the cluster", message);
}
