/**
 * A node's certificate lives for a year (docs/decisions/0010), and a node may run for longer. Long before
 * the end its agent gets another, with the command that is in force; etcd goes on.
 */
import type { PlanBuilder } from "../plan-builder.ts";
import { giveStartCommand } from "../membership/give-start-command.ts";
import type { PlanContext } from "../step.ts";

/** A third of its life: a controller may be away for months. Milliseconds. */
export const RENEWED_BEFORE_MS = 120 * 24 * 3600 * 1000;

export function renewCertificates({ view }: PlanContext, plan: PlanBuilder): void {
  for (const node of view.nodes) {
    const startCommand = node.task?.startCommand;
    const notAfter = node.agent?.certificateNotAfter;
    if (startCommand == null || notAfter == null) continue;
    if (node.agent?.commandId !== startCommand.commandId) continue;
    const dueAt = notAfter - RENEWED_BEFORE_MS;
    if (plan.now < dueAt) plan.requeue(dueAt);
    else giveStartCommand(node, startCommand, plan);
  }
}
