/** `page`: where to look at everything in a browser. */
import { Command } from "commander";
import { addConnectionOptions, withClient } from "../options/connection.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions } from "../options/connection.ts";

export function pageCommand(context: CliContext): Command {
  const command = new Command("page")
    .summary("print the page's address, with a login that works once")
    .description(
      "Print the address of the controller's page, with a login in it that works once and within " +
        "twelve hours. Whoever opens it may do what the command line can: kill, snapshot, restore, " +
        "suspend. Without the login the page is for looking.",
    )
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster page
  xdg-open "$(jupyter-cluster page)"`,
    )
    .action((options: ConnectionOptions) =>
      withClient(options, async (client) => {
        context.stdout.write(`${await client.pageUrl()}\n`);
      }),
    );
  return addConnectionOptions(command, context);
}
