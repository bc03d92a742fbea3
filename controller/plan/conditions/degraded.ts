import type { ConditionContext, ConditionResult } from "./policy.ts";
import type { ReadyResult } from "./ready.ts";

/** It ran whole before, it is meant to, and it does not now: for the reason that Ready tells. */
export const degraded = {
  reasons: { AsExpected: "False" },
  evaluate(
    { view, input }: ConditionContext,
    { status, reason, message }: ReadyResult,
  ): ConditionResult<"AsExpected" | ReadyResult["reason"]> {
    if (status === "True" || input.memory.firstReadyAt === null || view.desiredStopped) {
      return { status: "False", reason: "AsExpected", message: "" };
    }
    return { status: "True", reason, message };
  },
} as const;
