/** `url`: where to open Jupyter. */
import { Command } from "commander";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { onlyCluster } from "../client/node-lookup.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";

export function urlCommand(context: CliContext): Command {
  const command = new Command("url")
    .summary("print Jupyter's address with its token")
    .description(
      "Print Jupyter's address with its token. Only the user that runs the controller can: the " +
        "request needs the control token of the state directory.",
    )
    .argument("[name]", "name of the cluster; the only one of the namespace when absent")
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster url lab
  xdg-open "$(jupyter-cluster url lab)"`,
    )
    .action((name: string | undefined, options: ConnectionOptions & NamespaceOptions) =>
      withClient(options, async (client) => {
        const { namespace } = options;
        const cluster = name ?? (await onlyCluster(client, namespace)).metadata.name;
        context.stdout.write(`${await client.jupyterUrl({ namespace, name: cluster })}\n`);
      }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}
