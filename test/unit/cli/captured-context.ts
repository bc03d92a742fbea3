/** A CliContext whose streams are strings, for tests. */
import { buildProgram } from "../../../controller/cli/program.ts";
import { runProgram } from "../../../controller/cli/run-program.ts";
import type { CliContext } from "../../../controller/cli/context.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Captured {
  readonly context: CliContext;
  readonly outcome: () => Outcome;
  /** As if the terminal had sent it. */
  readonly signal: (name: "SIGINT" | "SIGTERM" | "SIGHUP") => void;
}

export function capturedContext(env: Record<string, string> = {}, isTTY = false): Captured {
  let stdout = "";
  let stderr = "";
  let code = 0;
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  const context: CliContext = {
    stdout: { write: (text) => (stdout += textOf(text)), isTTY, columns: 80 },
    stderr: { write: (text) => (stderr += textOf(text)), isTTY, columns: 80 },
    env: { XDG_STATE_HOME: "/nonexistent", ...env },
    command: [],
    now: () => NOW,
    setExitCode: (value) => {
      code = value;
    },
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    confirm: null,
    exitNow: (value) => {
      code = value;
    },
  };
  return {
    context,
    outcome: () => ({ code, stdout, stderr }),
    signal: (name) => {
      for (const listener of listeners) listener(name);
    },
  };
}

/** Runs the whole command line in this process. */
export async function cli(args: readonly string[], env: Record<string, string> = {}) {
  const captured = capturedContext(env);
  await runProgram(buildProgram(captured.context), captured.context, args);
  return captured.outcome();
}

function textOf(text: string | Uint8Array): string {
  return typeof text === "string" ? text : Buffer.from(text).toString("utf8");
}
