/** `describe`: everything about one cluster on one page. */
import { Command } from "commander";
import { describeCluster } from "../render/describe-text.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { formatObject, outputOption } from "../options/output.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";
import type { StructuredFormat } from "../options/output.ts";

interface DescribeOptions extends ConnectionOptions, NamespaceOptions {
  readonly output?: StructuredFormat;
}

export function describeCommand(context: CliContext): Command {
  const command = new Command("describe")
    .summary("everything about one cluster")
    .description(
      "Show one cluster on one page: spec, nodes, conditions, etcd, snapshots, endpoints, the " +
        "latest elections and events. The leader's name is marked with *.",
    )
    .argument("<name>", "name of the cluster")
    .addOption(outputOption(["json", "yaml"] as const))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster describe lab
  jupyter-cluster describe lab -o json     the object and its events as one JSON object`,
    )
    .action((name: string, options: DescribeOptions) =>
      withClient(options, async (client) => {
        const ref = { namespace: options.namespace, name };
        const [object, events] = await Promise.all([client.get(ref), client.events(ref)]);
        const text =
          options.output === undefined
            ? describeCluster(object, events, context.now())
            : formatObject({ object, events }, options.output);
        context.stdout.write(text);
      }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}
