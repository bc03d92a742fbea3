/** Jobs take longer than a visit: started once, waited for, and after a failure tried again. */
import { type JobAction, jobKey } from "../model/action.ts";
import type { ObservedJob } from "../model/observed.ts";
import type { Draft } from "./plan-builder.ts";
import type { PlanInput } from "./input.ts";

const RETRY_MS = 5_000;

/** Starts the job unless it runs, or has failed just now. */
export function startJob(action: JobAction, input: PlanInput, draft: Draft): void {
  const job = jobOf(action, input);
  if (job?.state === "running") return;
  // One that seems to come from the future is from before the clock was set back.
  const recent = job !== undefined && job.since <= draft.now;
  const retryAt = recent ? job.since + RETRY_MS : draft.now;
  if (retryAt > draft.now) draft.requeue(retryAt);
  else draft.act(action);
}

export function jobOf(
  action: Pick<JobAction, "type" | "slot">,
  { observed }: PlanInput,
): ObservedJob | undefined {
  const key = jobKey(action);
  return observed.jobs.find((job) => job.key === key);
}

export function isJobRunning(type: JobAction["type"], { observed }: PlanInput): boolean {
  return observed.jobs.some((job) => job.state === "running" && job.key.startsWith(type));
}
