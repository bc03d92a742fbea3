/**
 * What has become of the operations that were under way: of jobs as they are seen, of the others as memory has
 * them. One whose end nobody has seen says so; it is never left as if it went on.
 */
import { ERROR_CODES } from "../../model/errors.ts";
import { isPersons, type Operation } from "../../model/operation.ts";
import type { Observed, ObservedJob } from "../../model/observed.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import { changed, ended, type End, started } from "./ledger.ts";

/** A person's snapshot that a controller's end has cut off is begun again, up to so often. */
const ATTEMPTS_MAX = 3;

const CUT_OFF = "the controller ended before it had";
const UNSEEN = "how it ended was not seen: another release of the controller was at work meanwhile";

export function followOperations({ observed }: PlanContext, plan: PlanBuilder): void {
  for (const operation of plan.memory.operations) {
    if (operation.state === "Pending") followPending(operation, plan);
    else if (operation.state === "Processing") follow(operation, observed, plan);
  }
}

function follow(operation: Operation, observed: Observed, plan: PlanBuilder): void {
  switch (operation.kind) {
    case "SaveSnapshot":
    case "Defragment":
      return followJob(operation, observed, plan);
    case "Restore":
    case "Recover":
      if (plan.memory.recovery.inProgress !== null) return;
      return end(operation, { state: "Failed", message: UNSEEN }, plan);
    case "Rebalance":
      return followRebalance(operation, plan);
  }
}

/** A release before that has begun it knows nothing of operations. */
function followPending(operation: Operation, plan: PlanBuilder): void {
  const { requested, inProgress } = plan.memory.recovery;
  if (operation.kind !== "Restore" || requested !== null) return;
  const { number } = operation;
  if (inProgress === null) return end(operation, { state: "Failed", message: UNSEEN }, plan);
  const operations = started(plan.memory.operations, number, { slot: inProgress.slot }, plan.now);
  plan.updateMemory({ operations });
}

function followJob(operation: Operation, { jobs }: Observed, plan: PlanBuilder): void {
  const job = jobs.find((one) => one.operation === operation.number);
  if (job?.state === "running") return;
  if (job !== undefined) return end(operation, endOf(job), plan);
  const isWanted = operation.kind === "SaveSnapshot" && isPersons(operation.asker);
  if (!isWanted || operation.attempts >= ATTEMPTS_MAX) {
    return end(operation, { state: "Failed", message: CUT_OFF, code: ERROR_CODES.TIMEOUT }, plan);
  }
  const again = (one: Operation): Operation => ({ ...one, state: "Pending", slot: null });
  const operations = changed(plan.memory.operations, operation.number, again);
  plan.updateMemory({ operations });
}

function endOf({ error, snapshot }: ObservedJob): End {
  if (error !== null) return { state: "Failed", message: error.message, code: error.code };
  if (snapshot === null) return { state: "Succeeded", message: "free pages are given back" };
  return { state: "Succeeded", message: saved(snapshot), snapshot };
}

function saved({ id, revision, keys }: SnapshotInfo): string {
  return `${id}: revision ${revision}, ${keys} keys`;
}

function followRebalance(operation: Operation, plan: PlanBuilder): void {
  const { rebalance } = plan.memory;
  const isThis = rebalance !== null && rebalance.requestedAt === operation.askedAt;
  if (isThis && rebalance.end === null) return;
  const { outcome: state, message } = (isThis ? rebalance.end : null) ?? {
    outcome: "Failed" as const,
    message: UNSEEN,
  };
  end(operation, { state, message }, plan);
}

function end({ number }: Operation, how: End, plan: PlanBuilder): void {
  plan.updateMemory({ operations: ended(plan.memory.operations, number, how, plan.now) });
}
