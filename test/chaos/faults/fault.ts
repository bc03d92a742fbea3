import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import type { Random } from "../random.ts";
import type { Site } from "../site.ts";

export interface Fault {
  /** A row of the report. */
  readonly kind: string;
  /** Two faults of one class are never done at the same time. */
  readonly exclusive?: "edit" | "data" | "controller" | "signal";
  /**
   * Does the damage, holds it for a while and takes it back where it does not heal by itself.
   *
   * @param before the cluster, Ready, when the group of faults began
   * @throws MissedError when another fault of the group was quicker
   */
  run(site: Site, before: JupyterClusterObject, random: Random): Promise<Effect>;
}

export interface Effect {
  /** `performance.now()` when the damage was done, or when it began to be taken back. */
  readonly endedMs: number;
  /** For the person who reads the report. */
  readonly what: string;
  /** Slots that have a reason to run in another container afterwards. */
  readonly replaces: readonly number[] | "all";
  /** Whether the cluster has noticed and is past it; asked again and again until it is true. */
  isOver(now: JupyterClusterObject): boolean | Promise<boolean>;
}

/** The target was gone: nothing was done. */
export class MissedError extends Error {}

/** For what only finishes a fault: it is as good if something else did it. */
export async function unlessMissed(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof MissedError)) throw error;
  }
}
