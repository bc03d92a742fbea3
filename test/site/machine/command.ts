/** Commands that have to go well. */
import { runCommand } from "../../support/e2e/run-command.ts";

const COMMAND_MS_MAX = 60_000;

/**
 * @returns what it printed
 * @throws Error with what it said
 */
export async function run(file: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(file, args, { timeoutMs: COMMAND_MS_MAX });
  if (code === 0) return stdout.trim();
  throw new Error(`${file} ${args.join(" ")}: ${code} ${stderr.trim() || stdout.trim()}`);
}
