/** One line for people: what the controller is at, or was last. */
import { slotCount } from "../../../crd-schema/slots.ts";
import type { ClusterMemory } from "../../model/memory.ts";
import { isRebalancing } from "../../model/rebalance.ts";
import type { Condition, LastOperation } from "../../model/resource.ts";
import { timestamp } from "../timestamp.ts";

export function lastOperation(
  memory: ClusterMemory,
  conditions: readonly Condition[],
  now: number,
): LastOperation {
  const ready = conditions.find((c) => c.type === "Ready");
  const type = operationType(memory, conditions);
  const state = ready?.status === "True" ? "Succeeded" : "Processing";
  const description = ready?.message ?? "";
  const last = memory.lastOperation;
  if (last?.state === state && last.description === description) {
    if (state === "Succeeded" || last.type === type) return last;
  }
  // What has just succeeded keeps the name under which it was begun.
  const name = state === "Succeeded" ? (last?.type ?? type) : type;
  return { type: name, state, description, lastUpdateTime: timestamp(now) };
}

function operationType(
  memory: ClusterMemory,
  conditions: readonly Condition[],
): LastOperation["type"] {
  const is = (type: Condition["type"], status: Condition["status"]) =>
    conditions.some((c) => c.type === type && c.status === status);
  const { spec } = memory.cluster;
  if (memory.fileRemoved && spec.deletionPolicy === "Delete") return "Delete";
  if (spec.suspend) return "Suspend";
  if (memory.firstReadyAt === null) return "Create";
  const extra = memory.slots.some((s) => s.slot >= slotCount(spec) && s.task !== null);
  if (
    extra ||
    memory.slots.some((s) => s.slot < slotCount(spec) && s.launches <= 1 && !s.task?.readyAt)
  )
    return "Scale";
  if (is("AllMembersUpdated", "False")) return "Update";
  if (isRebalancing(memory.rebalance) && !memory.rebalance.preview) return "Rebalance";
  return is("Recovering", "True") ? "Recover" : "Reconcile";
}
