/** `diff`: what differs between two specs of a cluster that were in force. */
import { Command } from "commander";
import { colorsFor } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { wholeNumber } from "../options/parsers.ts";
import { diffText } from "../render/history-text.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";

type DiffOptions = ConnectionOptions & NamespaceOptions;

export function diffCommand(context: CliContext): Command {
  const command = new Command("diff")
    .summary("what differs between two specs that were in force")
    .description(
      "Print what differs between two specs of a cluster that were in force. Exits with 0 when " +
        "nothing does, with 1 when something does. `plan` tells what an edited file would do.",
    )
    .argument("<name>", "name of the cluster")
    .argument("[from]", "a generation; left out: the one before the other", wholeNumber(1))
    .argument("[to]", "a generation; left out: the one in force", wholeNumber(1))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster diff lab         what the latest change was
  jupyter-cluster diff lab 3 5`,
    )
    .action(
      (name: string, from: number | undefined, to: number | undefined, options: DiffOptions) =>
        withClient(options, async (client) => {
          const ref = { namespace: options.namespace, name };
          const diff = await client.diff(ref, from ?? null, to ?? null);
          context.stdout.write(diffText(diff, colorsFor(context, context.stdout)));
          context.setExitCode(diff === "" ? EXIT.OK : EXIT.NEGATIVE);
        }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}
