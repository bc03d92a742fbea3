/** Runs the command line and turns whatever happens into a message and an exit code. */
import { CommanderError } from "commander";
import { colorsFor } from "./context.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { messageOf, OperationError } from "../model/errors.ts";
import type { Command } from "commander";
import type { CliContext } from "./context.ts";

/** Verbs whose low exit codes have a meaning of their own. */
const OWN_CODES = new Set(["plan", "exec"]);

/** @param args without the names of node and of the script */
export async function runProgram(
  program: Command,
  context: CliContext,
  args: readonly string[],
): Promise<void> {
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has said what is wrong, or has shown the help that was asked for.
      context.setExitCode(error.exitCode === 0 ? EXIT.OK : EXIT.USAGE);
      return;
    }
    tell(context, error, args.includes("--debug"));
    context.setExitCode(OWN_CODES.has(args[0] ?? "") ? EXIT.OWN_FAILURE : exitCodeOf(error));
  }
}

function tell(context: CliContext, error: unknown, debugOption: boolean): void {
  const colors = colorsFor(context, context.stderr);
  const debug = debugOption || (context.env["JUPYTER_CLUSTER_DEBUG"] ?? "") !== "";
  if (error instanceof OperationError) {
    context.stderr.write(`${colors.red("error")}: ${error.message} [${error.code}]\n`);
  } else {
    const hint = debug ? "" : " Run again with --debug to see where.";
    context.stderr.write(
      `${colors.red("bug")}: ${messageOf(error)}. This should not happen.${hint}\n`,
    );
  }
  if (debug && error instanceof Error) context.stderr.write(`${stackOf(error)}\n`);
}

function stackOf(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\ncaused by ${stackOf(error.cause)}` : stack;
}
