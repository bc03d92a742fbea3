/** One way in which the shared directory comes to its place. */
import type { StorageFault } from "../../../controller/model/shared-storage.ts";
import type { ProbeFailure } from "./mount-probe.ts";

export interface Fault {
  readonly fault: StorageFault;
  /** For people; the controller adds which node it is. */
  readonly message: string;
}

export interface MountKeeper {
  /** Milliseconds until a mount that works is looked at again. */
  readonly probeEveryMs: number;
  /** Milliseconds until another try, now that it does not. */
  readonly retryMs: number;
  /** Whether nobody is to use the directory before it has once worked. */
  readonly isAwaited: boolean;
  /** How often it was mounted by this keeper. */
  readonly mounts: number;
  /** Mounts it where need be. Null: it is mounted. Bounded. */
  ensure(): Promise<Fault | null>;
  /** What a probe of the mounted directory found means; what cannot work again is ended. */
  explain(failure: ProbeFailure): Promise<Fault>;
  /** A probe has found that it works. */
  works(): void;
  /** Unmounts what it has mounted. Bounded. */
  stop(): Promise<void>;
}

/** Errors of a mount behind which nobody is any more. */
const DEAD =
  /Transport endpoint is not connected|Stale file handle|Input\/output error|Software caused connection abort/;

export function isDead(failure: ProbeFailure): boolean {
  return failure.state === "fails" && DEAD.test(failure.message);
}

/** As far as it can be told without knowing what is mounted. */
export function explainAny(mountPath: string, failure: ProbeFailure): Fault {
  if (failure.state === "hangs") {
    const seconds = Math.round(failure.forMs / 1_000);
    const message = `${mountPath} is mounted and has not answered for ${seconds} s`;
    return { fault: "MountNotAnswering", message };
  }
  if (isDead(failure)) {
    return { fault: "MountDead", message: `the mount at ${mountPath} is dead: ${failure.message}` };
  }
  return { fault: "NotWritable", message: failure.message };
}
