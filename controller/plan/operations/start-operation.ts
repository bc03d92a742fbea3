/** A job that people see as an operation: what it is for is written down before it begins. */
import type { JobAction } from "../../model/action.ts";
import type { Asker } from "../../model/operation.ts";
import type { Observed } from "../../model/observed.ts";
import { mayStart } from "../jobs.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import { begun } from "./ledger.ts";

type OperationAction = Extract<JobAction, { readonly operation: number }>;

/** Unless it runs, or has failed just now. */
export function startOperation(
  job: Omit<OperationAction, "operation">,
  asker: Asker,
  observed: Observed,
  plan: PlanBuilder,
): void {
  const { type: kind, slot } = job;
  // One that a person asked for begins in this very plan.
  if (plan.actions.some(({ type }) => type === kind) || !mayStart(job, observed, plan)) return;
  const wanted = { kind, asker, slot, askedAt: plan.now };
  const operations = begun(plan.memory.operations, wanted, plan.now);
  const operation = operations.findLast((one) => one.kind === kind && one.state === "Processing");
  if (operation === undefined) throw new Error(`${kind} has not begun`);
  plan.updateMemory({ operations });
  plan.addAction({ ...job, operation: operation.number });
}
