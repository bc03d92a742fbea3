import type { Condition, ConditionType, JupyterClusterObject } from "../../model/resource.ts";

/** Undefined before the first reconcile. */
export function conditionOf(
  { status }: JupyterClusterObject,
  type: ConditionType,
): Condition | undefined {
  return status.conditions.find((condition) => condition.type === type);
}
