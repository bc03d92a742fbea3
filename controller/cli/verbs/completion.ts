/** `completion`: what a shell needs to complete verbs, options and names. */
import { Argument, Command } from "commander";
import { candidates, type KnownNames } from "../completion/candidates.ts";
import { SCRIPTS, SHELLS, type Shell } from "../completion/scripts.ts";
import { addConnectionOptions, withClient } from "../options/connection.ts";
import { OperationError } from "../../model/errors.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions } from "../options/connection.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";

/** What the scripts ask with. */
const CANDIDATES = "candidates";

export function completionCommand(context: CliContext): Command {
  const command = new Command("completion")
    .summary("complete verbs, options and names in your shell")
    .description(
      "Print what bash, zsh or fish needs to complete verbs and options, and the names of the " +
        "clusters and nodes that there are. What it prints asks this program, and need not be " +
        "printed anew with another release.",
    )
    .addArgument(new Argument("<shell>", "which").choices([...SHELLS, CANDIDATES]))
    .argument("[words...]", "with candidates: the words so far, the last one being typed")
    .addHelpText(
      "after",
      `
Examples:
  source <(jupyter-cluster completion bash)                  now
  echo 'source <(jupyter-cluster completion bash)' >>~/.bashrc`,
    )
    .action(
      async (shell: Shell | typeof CANDIDATES, words: string[], options: ConnectionOptions) => {
        if (shell !== CANDIDATES) {
          context.stdout.write(SCRIPTS[shell]);
          return;
        }
        const program = command.parent ?? command;
        const found = await candidates(program, words, namesOf(options));
        context.stdout.write(found.map((one) => `${one}\n`).join(""));
      },
    );
  return addConnectionOptions(command, context);
}

function namesOf(options: ConnectionOptions): KnownNames {
  const clusters = async (): Promise<readonly JupyterClusterObject[]> => {
    try {
      return await withClient(options, (client) => client.list(null));
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      return [];
    }
  };
  return {
    clusters: async () => (await clusters()).map(({ metadata }) => metadata.name),
    nodes: async () =>
      (await clusters()).flatMap(({ status }) =>
        status.nodes.flatMap(({ name, slot }) => [
          ...(name === null ? [] : [name]),
          `slot-${slot}`,
        ]),
      ),
  };
}
