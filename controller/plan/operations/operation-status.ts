/** An operation as the status tells of it, with how far it is. */
import {
  isUnderWay,
  type Operation,
  operationId,
  type OperationStatus,
} from "../../model/operation.ts";
import { notReadyReasons } from "../health/readiness.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import { timestamp } from "../timestamp.ts";
import { waitsFor } from "../update/rebalance.ts";
import type { ClusterView } from "../view/cluster-view.ts";

export function operationStatus(
  operation: Operation,
  view: ClusterView,
  plan: PlanBuilder,
): OperationStatus {
  const { kind, state, asker, attempts, slot, message, code, snapshot } = operation;
  return {
    id: operationId(operation),
    kind,
    state,
    askedBy: asker,
    askedAt: timestamp(operation.askedAt),
    startedAt: operation.startedAt === null ? null : timestamp(operation.startedAt),
    endedAt: operation.endedAt === null ? null : timestamp(operation.endedAt),
    attempts,
    slot,
    message: isUnderWay(operation) ? progressOf(operation, view, plan) : message,
    code,
    snapshotId: snapshot?.id ?? null,
  };
}

/** As a clause. */
function progressOf(operation: Operation, view: ClusterView, plan: PlanBuilder): string {
  const { kind, state, slot, message } = operation;
  const what = message === "" ? "" : `${message}; `;
  switch (kind) {
    case "SaveSnapshot":
      if (state === "Pending") return "it waits for an etcd member that is free to give one";
      return `slot ${slot} hands over its data`;
    case "Defragment":
      return `slot ${slot} gives free pages back`;
    case "Restore":
    case "Recover": {
      if (state === "Processing") {
        const ready = view.nodes.filter(
          (node) => !node.spare && notReadyReasons(node, view).length === 0,
        ).length;
        return `${what}it begins in slot ${slot}; ${ready} of ${view.spec.replicas} nodes are ready`;
      }
      const running = plan.memory.slots.filter(({ task }) => task !== null).length;
      if (running === 0) return `${what}it waits for what may run out of sight to end`;
      return `${what}${running} containers have to end first`;
    }
    case "Rebalance":
      return `${plan.memory.rebalance?.moves.length ?? 0} nodes are moved; ${waitsFor(view, plan)}`;
  }
}
