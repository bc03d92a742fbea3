/** A snapshot that a person wants: it holds whatever was written before it was asked for. */
import { ERROR_CODES } from "../../model/errors.ts";
import type { ClusterMemory } from "../../model/memory.ts";
import type { Asker, Operation } from "../../model/operation.ts";
import { jobOf } from "../jobs.ts";
import { asked, ended, started } from "../operations/ledger.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import { snapshotSource } from "./snapshot-source.ts";

/** For a member that could give it. Milliseconds. */
const WAIT_MS_MAX = 300_000;

/** One that waits already will hold what was written until now, too. @returns the operation's number */
export function askForSnapshot(
  memory: ClusterMemory,
  asker: Asker,
  now: number,
): { readonly memory: ClusterMemory; readonly number: number } {
  const waiting = memory.operations.find(waits);
  if (waiting !== undefined) return { memory, number: waiting.number };
  const wanted = { kind: "SaveSnapshot", asker, askedAt: now } as const;
  const operations = asked(memory.operations, wanted);
  return { memory: { ...memory, operations }, number: operations.at(-1)?.number ?? 0 };
}

export function saveAskedSnapshot({ view, observed }: PlanContext, plan: PlanBuilder): void {
  const { operations } = plan.memory;
  const operation = operations.find(waits);
  if (operation === undefined) return;
  const source = snapshotSource(view.nodes);
  // One that runs may lack what was written since it began; its end looks here again.
  if (jobOf({ type: "SaveSnapshot", slot: 0 }, observed)?.state === "running") return;
  if (source === null) return giveUpInTime(operation, plan);
  const { slot, ip } = source;
  const { number } = operation;
  plan.updateMemory({ operations: started(operations, number, { slot }, plan.now) });
  plan.addAction({ type: "SaveSnapshot", slot, ip, operation: number });
}

function waits({ kind, state }: Operation): boolean {
  return kind === "SaveSnapshot" && state === "Pending";
}

function giveUpInTime({ number, askedAt }: Operation, plan: PlanBuilder): void {
  const giveUpAt = askedAt + WAIT_MS_MAX;
  if (plan.now < giveUpAt) return plan.requeue(giveUpAt);
  const message = "no etcd member has answered; a snapshot is taken of one that does";
  const end = { state: "Failed", message, code: ERROR_CODES.ETCD_UNAVAILABLE } as const;
  plan.updateMemory({ operations: ended(plan.memory.operations, number, end, plan.now) });
}
