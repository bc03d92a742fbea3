/**
 * What takes longer than a reconcile may: it runs in the background, one job of a key at a time in
 * a cluster, is seen in `Observed.jobs`, and wakes its cluster when it ends.
 */
import { type JobAction, jobKey } from "../model/action.ts";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import { type ClusterKey, clusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { ObservedJob } from "../model/observed.ts";
import type { Clock, Logger } from "../model/ports.ts";
import type { LastError } from "../model/resource.ts";
import type { SnapshotInfo } from "../model/snapshot.ts";

/** For one job in all. */
export const JOB_MS_MAX = 10 * 60_000;
/** For jobs to notice that they are to stop. */
const STOP_MS_MAX = 2_000;

export interface JobsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends soon after the signal is aborted, with its reason. */
  work(action: JobAction, memory: ClusterMemory, signal: AbortSignal): Promise<SnapshotInfo | null>;
  /** A job has ended, well or not. */
  onEnd(key: ClusterKey): void;
}

type Outcome =
  | { readonly ok: true; readonly snapshot: SnapshotInfo | null }
  | { readonly ok: false; readonly error: OperationError };

interface Job {
  shown: ObservedJob;
  readonly abort: AbortController;
  readonly outcome: Promise<Outcome>;
  /** Of the work itself, however it went. */
  readonly ended: Promise<void>;
  /** It works, or did not stop when it was told to: no other may start in its place. */
  busy: boolean;
}

export class Jobs {
  private readonly clusters = new Map<ClusterKey, Map<string, Job>>();

  constructor(private readonly options: JobsOptions) {}

  /** One that runs already is left alone. */
  start(action: JobAction, memory: ClusterMemory): void {
    const key = clusterKey(memory.cluster.metadata);
    const jobs = this.clusters.get(key) ?? new Map<string, Job>();
    this.clusters.set(key, jobs);
    const name = jobKey(action);
    const operation = "operation" in action ? action.operation : null;
    const before = jobs.get(name);
    if (before?.busy) {
      // It has failed and does not end: so has, just now, what was to begin in its place.
      if (before.shown.state === "failed") {
        before.shown = { ...before.shown, operation, since: this.options.clock.now() };
      }
      return;
    }
    const since = this.options.clock.now();
    const abort = new AbortController();
    const working = this.options.work(action, memory, abort.signal);
    const free = () => {
      job.busy = false;
    };
    // That it failed before is true until it has not failed.
    const error = before?.shown.error ?? null;
    const job: Job = {
      shown: { key: name, state: "running", since, error, operation, snapshot: null },
      abort,
      busy: true,
      ended: working.then(free, free),
      outcome: this.outcomeOf(working, action, abort),
    };
    jobs.set(name, job);
    void this.attend(key, job);
  }

  observe(key: ClusterKey): readonly ObservedJob[] {
    return [...(this.clusters.get(key)?.values() ?? [])].map((job) => job.shown);
  }

  /** Ends the cluster's jobs and forgets them. */
  release(key: ClusterKey): void {
    for (const job of this.clusters.get(key)?.values() ?? []) job.abort.abort(new Stopped());
    this.clusters.delete(key);
  }

  /** Resolves when all have ended, or would not. */
  async stop(): Promise<void> {
    const jobs = [...this.clusters.values()].flatMap((of) => [...of.values()]);
    for (const key of [...this.clusters.keys()]) this.release(key);
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.options.clock.after(STOP_MS_MAX, resolve);
    });
    await Promise.race([Promise.all(jobs.map((job) => job.ended)), late]);
    cancel();
  }

  /** Never later than the bound, whatever the work does. */
  private async outcomeOf(
    working: Promise<SnapshotInfo | null>,
    action: JobAction,
    abort: AbortController,
  ): Promise<Outcome> {
    const { clock } = this.options;
    const { signal } = abort;
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as OperationError));
    });
    const cancel = clock.after(JOB_MS_MAX, () => abort.abort(tooLong(action)));
    try {
      return { ok: true, snapshot: await Promise.race([working, aborted]) };
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      return { ok: false, error };
    } finally {
      cancel();
    }
  }

  private async attend(key: ClusterKey, job: Job): Promise<void> {
    const { log, clock } = this.options;
    const outcome = await job.outcome;
    const jobs = this.clusters.get(key);
    const name = job.shown.key;
    // Released: nobody wants to know any more.
    if (jobs?.get(name) !== job) return;
    const facts = { cluster: key, job: name, ms: clock.now() - job.shown.since };
    if (outcome.ok) {
      const { snapshot } = outcome;
      const { operation } = job.shown;
      const state = "succeeded" as const;
      // Whoever began an operation has to see how it ended; the others see that it is gone.
      if (operation === null) jobs.delete(name);
      else job.shown = { ...job.shown, state, since: clock.now(), error: null, snapshot };
      log.info({ ...facts, snapshot: snapshot?.id }, "job done");
      this.options.onEnd(key);
      return;
    }
    const { code, operation, message } = outcome.error;
    log.warn({ ...facts, code, error: message }, "job failed");
    const error: LastError = { code, operation, message, observedAt: iso(clock.now()) };
    job.shown = { ...job.shown, state: "failed", since: clock.now(), error };
    this.options.onEnd(key);
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function tooLong(action: JobAction): OperationError {
  const message = `${jobKey(action)} has not ended within ${JOB_MS_MAX / 60_000} minutes.`;
  return new OperationError(ERROR_CODES.TIMEOUT, action.type, message);
}

class Stopped extends OperationError {
  constructor() {
    const message = "The controller stops, or the cluster is deleted.";
    super(ERROR_CODES.TIMEOUT, "stop a job", message);
  }
}
