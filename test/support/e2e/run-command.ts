/** Runs a command to its end, bounded in time; a non-zero exit code is a result. */
import { execFile } from "node:child_process";

export interface CommandResult {
  /** Exit code; 128 and more: ended by a signal or by the time limit. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const { timeoutMs, env, cwd } = options;
  return new Promise((resolve, reject) => {
    const settings = {
      timeout: timeoutMs,
      maxBuffer: 16 * 1024 * 1024,
      ...(env ? { env } : {}),
      ...(cwd ? { cwd } : {}),
    };
    const child = execFile(file, [...args], settings, (error, stdout, stderr) => {
      if (error !== null && typeof error.code === "string") reject(error);
      else resolve({ code: child.exitCode ?? 128, stdout, stderr });
    });
    child.stdin?.end();
  });
}
