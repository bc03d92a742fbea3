/** Jobs take longer than a reconcile: started once, waited for, and after a failure tried again. */
import { type JobAction, jobKey } from "../model/action.ts";
import type { Observed, ObservedJob } from "../model/observed.ts";
import type { PlanBuilder } from "./plan-builder.ts";

const RETRY_MS = 5_000;

/** Starts the job unless it runs, or has failed just now. */
export function startJob(
  action: Exclude<JobAction, { readonly operation: number }>,
  observed: Observed,
  plan: PlanBuilder,
): void {
  if (mayStart(action, observed, plan)) plan.addAction(action);
}

/** Else the cluster is looked at again when it may. */
export function mayStart(
  action: Pick<JobAction, "type" | "slot">,
  observed: Observed,
  plan: PlanBuilder,
): boolean {
  const job = jobOf(action, observed);
  if (job?.state === "running") return false;
  // One that seems to come from the future is from before the clock was set back.
  const recent = job?.state === "failed" && job.since <= plan.now;
  const retryAt = recent ? job.since + RETRY_MS : plan.now;
  if (retryAt > plan.now) plan.requeue(retryAt);
  return retryAt <= plan.now;
}

export function jobOf(
  action: Pick<JobAction, "type" | "slot">,
  { jobs }: Observed,
): ObservedJob | undefined {
  const key = jobKey(action);
  return jobs.find((job) => job.key === key);
}

export function isJobRunning(type: JobAction["type"], { jobs }: Observed): boolean {
  return jobs.some((job) => job.state === "running" && job.key.startsWith(type));
}
