/** Short commands with a deadline. */
import { execFile } from "node:child_process";
import { type RunOptions, StillRunning } from "../ports/processes.ts";

/**
 * Resolves with stdout.
 *
 * @throws Error with what the command wrote to stderr; StillRunning. A command that hangs in the kernel (a dead
 *   network file system) cannot be killed: the call ends all the same when the time is over.
 */
export function runCommand(
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  const name = `${file} ${args[0] ?? ""}`.trim();
  return new Promise((resolve, reject) => {
    let tellEnded: () => void = () => undefined;
    const ended = new Promise<void>((tell) => {
      tellEnded = tell;
    });
    const give = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new StillRunning(`${name}: no end within ${options.timeoutMs} ms`, ended));
    }, options.timeoutMs);
    const child = execFile(
      file,
      [...args],
      { ...options.owner, env: { PATH: process.env["PATH"], LANG: "C.UTF-8" }, cwd: "/" },
      (error, stdout, stderr) => {
        clearTimeout(give);
        tellEnded();
        if (error === null) return resolve(stdout);
        reject(new Error(`${name}: ${stderr.trim() || error.message}`));
      },
    );
  });
}
