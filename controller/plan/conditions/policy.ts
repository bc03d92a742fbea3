/**
 * A condition is decided by one policy: a pure function of the context that names one of a closed
 * set of reasons. Each reason stands for one status, so that the two cannot contradict each other.
 */
import type { BootstrapMemory, LaunchBlock } from "../../model/memory.ts";
import type { RecoveryMemory } from "../../model/recovery-memory.ts";
import type { RememberedKernel } from "../../model/kernels.ts";
import type { Rebalance } from "../../model/rebalance.ts";
import type { ConditionStatus } from "../../model/resource.ts";
import type { PlanInput } from "../input.ts";
import type { ClusterView } from "../view/cluster-view.ts";

/** What this plan has come to; conditions are evaluated last. */
export interface ConditionContext {
  readonly input: PlanInput;
  readonly view: ClusterView;
  readonly bootstrap: BootstrapMemory | null;
  readonly recovery: RecoveryMemory;
  readonly rebalance: Rebalance | null;
  readonly kernels: readonly RememberedKernel[] | null;
  readonly launchBlock: LaunchBlock | null;
  /** Slot -> why it can't be launched now, one sentence. */
  readonly launchBlockers: ReadonlyMap<number, string>;
}

export interface ConditionResult<Reason extends string = string> {
  readonly status: ConditionStatus;
  readonly reason: Reason;
  /** For people; empty where the reason says it all. */
  readonly message: string;
}

/** @typeParam Given results that this one rests on */
export interface ConditionPolicy<Reason extends string = string, Given extends unknown[] = []> {
  readonly reasons: Readonly<Record<Reason, ConditionStatus>>;
  readonly evaluate: (context: ConditionContext, ...given: Given) => ConditionResult<Reason>;
}

export type ReasonOf<Policy> = Policy extends ConditionPolicy<infer Reason, never> ? Reason : never;

type Explanation<Reason extends string> = Omit<ConditionResult<Reason>, "status">;

export function conditionPolicy<Reason extends string, Given extends unknown[]>(
  reasons: Readonly<Record<Reason, ConditionStatus>>,
  explain: (context: ConditionContext, ...given: Given) => Explanation<NoInfer<Reason>>,
): ConditionPolicy<Reason, Given> {
  return {
    reasons,
    evaluate: (context, ...given) => {
      const { reason, message } = explain(context, ...given);
      return { status: reasons[reason], reason, message };
    },
  };
}
