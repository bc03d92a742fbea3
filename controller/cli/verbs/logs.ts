/** `logs`: what a unit of a node has logged, through the controller and the node's agent. */
import { Argument, Command } from "commander";
import { findNode, type NodeAddress } from "../client/node-lookup.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { nodeAddress, wholeNumber } from "../options/parsers.ts";
import { LOG_UNITS, type LogUnit } from "../../model/agent-api.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";

interface LogsOptions extends ConnectionOptions, NamespaceOptions {
  readonly follow?: boolean;
  readonly tail?: number;
  readonly cluster?: string;
}

export function logsCommand(context: CliContext): Command {
  const command = new Command("logs")
    .summary("what a unit of a node has logged")
    .description(
      "Print what a unit of a node has logged. The way is controller, then the node's agent: " +
        "with the controller down, use `docker logs` on the node's container.",
    )
    .argument("<node>", "NAME-k, or slot-N", nodeAddress)
    .addArgument(new Argument("[unit]", "whose log").choices(LOG_UNITS).default("agent"))
    .option("-f, --follow", "go on and print what is logged next")
    .option("--tail <lines>", "that many lines from the end", wholeNumber(1))
    .option("--cluster <name>", "cluster of a slot-N, where there are more than one")
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster logs lab-0 jupyter -f
  jupyter-cluster logs slot-2 etcd --tail 50`,
    )
    .action((node: NodeAddress, unit: LogUnit, options: LogsOptions) =>
      withClient(options, async (client) => {
        const found = await findNode(client, options.namespace, options.cluster ?? null, node);
        const query = { unit, tail: options.tail ?? null, follow: options.follow === true };
        // By slot: the name may move to another node while its log is followed.
        const target = `slot-${found.node.slot}`;
        for await (const chunk of client.log(found.cluster.metadata, target, query)) {
          context.stdout.write(chunk);
        }
      }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}
