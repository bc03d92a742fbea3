/** One task on the engine, from its launch to the removal of its ended container. */
import { dockerName, type TaskRecord } from "../master/model.ts";

export interface Run {
  readonly task: TaskRecord;
  /** Its Docker id, for its name may be another's by now; the name until the id is known. */
  container: string;
  phase: "launching" | "running" | "ended";
  /** The container's `die` event came while its start was still being answered. */
  exitCode: number | null;
  /** Why Docker did not start it, as `docker run` prints it; empty: it did. */
  refusal: string;
  /** Torn down: ends without any report. */
  isDiscarded: boolean;
  /** Settles when the launch is through or given up. */
  launched: Promise<void>;
  /** The container is being removed; settles when it is gone. */
  removed: Promise<void> | null;
}

export function newRun(task: TaskRecord, phase: Run["phase"]): Run {
  return {
    task,
    container: dockerName(task.containerId),
    phase,
    exitCode: null,
    refusal: "",
    isDiscarded: false,
    launched: Promise.resolve(),
    removed: null,
  };
}

export function isLaunching([, run]: readonly [string, Run]): boolean {
  return run.phase === "launching";
}

export function isUnwanted(run: Run): boolean {
  return run.isDiscarded || run.task.killGraceSeconds !== null;
}
