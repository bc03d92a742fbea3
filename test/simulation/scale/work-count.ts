/** What the controller does, counted: the same in every run, whatever the machine is busy with. */
import type { ActionType } from "../../../controller/model/action.ts";
import type { ClusterKey } from "../../../controller/model/ids.ts";

/** One observation, and why it was made. */
export interface Reconcile {
  readonly key: ClusterKey;
  /** False: by the cluster's own timer, as every cluster is reconciled now and then. */
  readonly byEvent: boolean;
  readonly tasksSeen: number;
  readonly offersSeen: number;
}

export class WorkCount {
  reconciles = 0;
  failedReconciles = 0;
  /** Tasks in what the reconciles observed, in all. */
  tasksSeen = 0;
  offersSeen = 0;
  /** Reconciles of each cluster that an event set off. */
  readonly byEvent = new Map<ClusterKey, number>();
  readonly actions = new Map<ActionType, number>();

  reconciled({ key, byEvent, tasksSeen, offersSeen }: Reconcile): void {
    this.reconciles += 1;
    this.tasksSeen += tasksSeen;
    this.offersSeen += offersSeen;
    if (byEvent) this.byEvent.set(key, (this.byEvent.get(key) ?? 0) + 1);
  }

  ended(result: "success" | "error"): void {
    if (result === "error") this.failedReconciles += 1;
  }

  acted(type: ActionType): void {
    this.actions.set(type, (this.actions.get(type) ?? 0) + 1);
  }

  reset(): void {
    this.reconciles = 0;
    this.failedReconciles = 0;
    this.tasksSeen = 0;
    this.offersSeen = 0;
    this.byEvent.clear();
    this.actions.clear();
  }
}
