/** `elections`: who became leader when, and by whose votes. */
import { Command } from "commander";
import { electionsTable } from "./describe-text.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "./options.ts";
import { formatObject, outputOption } from "./output.ts";
import type { CliContext } from "./context.ts";
import type { ConnectionOptions, NamespaceOptions } from "./options.ts";
import type { StructuredFormat } from "./output.ts";

interface ElectionsOptions extends ConnectionOptions, NamespaceOptions {
  readonly output?: StructuredFormat;
}

export function electionsCommand(context: CliContext): Command {
  const command = new Command("elections")
    .summary("the latest elections of a cluster, with their votes")
    .description("Show the latest elections as the members' own etcd logged them, newest first.")
    .argument("<name>", "name of the cluster")
    .addOption(outputOption(["json", "yaml"] as const))
    .addHelpText("after", "\nExamples:\n  jupyter-cluster elections lab")
    .action((name: string, options: ElectionsOptions) =>
      withClient(options, async (client) => {
        const { status } = await client.get({ namespace: options.namespace, name });
        const text =
          options.output === undefined
            ? electionsTable(status, context.now())
            : formatObject(status.elections, options.output);
        context.stdout.write(text);
      }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}
