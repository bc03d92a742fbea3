/** Why a kernel ended, in words for whoever has its notebook open. Pure. */
import type { KernelExit, KernelExitReason } from "../../../controller/model/kernels.ts";

export interface ExitFacts {
  readonly code: number | null;
  readonly signal: string | null;
  /** For which the agent itself has ended it; null: it has not. */
  readonly condemned: Condemned | null;
  /** Linux has ended a process of this node over its memory since the kernel was last looked at. */
  readonly oomKilled: boolean;
}

export interface Condemned {
  readonly reason: KernelExitReason;
  readonly message: string;
}

export function exitOf(facts: ExitFacts): Pick<KernelExit, "reason" | "message"> {
  const { condemned, oomKilled, signal, code } = facts;
  if (condemned !== null) return condemned;
  if (signal === "SIGKILL" && oomKilled) {
    const message = "The kernel was ended because its node had used up its memory.";
    return { reason: "OutOfMemory", message };
  }
  if (signal !== null) return { reason: "Killed", message: `The kernel was ended by ${signal}.` };
  return { reason: "Exited", message: `The kernel has ended by itself, with code ${code ?? "?"}.` };
}

export function tooMuchMemory(
  bytes: number,
  limitBytes: number,
  whose: "kernel" | "node",
): Condemned {
  const limit =
    whose === "kernel"
      ? `a kernel may take ${inMebibytes(limitBytes)}`
      : `all kernels of a node together may take ${inMebibytes(limitBytes)}, and it was the largest`;
  const message = `The kernel was ended: it had taken ${inMebibytes(bytes)} of memory; ${limit}.`;
  return { reason: "OutOfMemory", message };
}

export function tooManyTasks(tasks: number, limit: number): Condemned {
  const message = `The kernel was ended: it had ${tasks} processes and threads; it may have ${limit}.`;
  return { reason: "TooManyProcesses", message };
}

function inMebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
