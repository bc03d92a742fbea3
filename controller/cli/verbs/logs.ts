/** `logs`: what the units of nodes have logged, through the controller and the nodes' agents. */
import { Argument, Command, InvalidArgumentError } from "commander";
import { findNode, type NodeAddress, onlyCluster } from "../client/node-lookup.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { followLogs, mergedLogs } from "../client/merged-logs.ts";
import type { Since } from "../client/log-query.ts";
import { nodeAddress, since, wholeNumber } from "../options/parsers.ts";
import { LOG_UNITS, type LogUnit } from "../../model/agent-api.ts";
import type { ApiClient } from "../client/api-client.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";

interface LogsOptions extends ConnectionOptions, NamespaceOptions {
  readonly all?: boolean;
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly since?: Since;
  readonly timestamps?: boolean;
  readonly tail?: number;
  readonly cluster?: string;
}

export function logsCommand(context: CliContext): Command {
  const command = new Command("logs")
    .summary("what the units of nodes have logged")
    .description(
      "Print what a unit of a node has logged, or with --all what all units of all nodes have, in the " +
        "order in which it came. The way is controller, then the node's agent: with the controller " +
        "down, use `docker logs` on the node's container.",
    )
    .argument("[node]", "NAME-k, or slot-N; with --all the cluster's name")
    .addArgument(new Argument("[unit]", "whose log").choices(LOG_UNITS))
    .option("--all", "all units of all nodes, each line with its time, node and unit")
    .option("-f, --follow", "go on and print what is logged next")
    .option("-p, --previous", "of the container before, as it ended")
    .option("--since <time>", "not older than 30s, 10m, 2h, 1d, or a time as in RFC 3339", since)
    .option("--timestamps", "each line begins with its time")
    .option("--tail <lines>", "that many lines from the end, of each unit", wholeNumber(1))
    .option("--cluster <name>", "cluster of a slot-N, where there are more than one")
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster logs lab-0 jupyter -f
  jupyter-cluster logs slot-2 etcd --previous --tail 50   why the container before has ended
  jupyter-cluster logs --all lab --since 10m`,
    )
    .action((node: string | undefined, unit: LogUnit | undefined, options: LogsOptions) => {
      const wrong = wrongUsage(node, unit, options);
      if (wrong !== null) command.error(`error: ${wrong}`);
      if (options.all === true) {
        return withClient(options, (client) => printAll(context, client, node ?? null, options));
      }
      const from = { address: addressIn(command, node ?? ""), unit: unit ?? "agent" };
      return withClient(options, (client) => printOne(context, client, from, options));
    });
  return addNamespaceOption(addConnectionOptions(command, context));
}

function wrongUsage(
  node: string | undefined,
  unit: LogUnit | undefined,
  { all, follow, previous, timestamps }: LogsOptions,
): string | null {
  if (follow === true && previous === true) return "--previous does not go on: no --follow";
  if (all === true && unit !== undefined) return "--all is of all units: name none";
  if (all === true && timestamps === true) return "--all always tells the time";
  return all !== true && node === undefined ? "missing required argument 'node'" : null;
}

function addressIn(command: Command, node: string): NodeAddress {
  try {
    return nodeAddress(node);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return command.error(`error: argument 'node' is invalid. ${error.message}`);
  }
}

async function printOne(
  context: CliContext,
  client: ApiClient,
  { address, unit }: { readonly address: NodeAddress; readonly unit: LogUnit },
  options: LogsOptions,
): Promise<void> {
  const { namespace, cluster = null } = options;
  const found = await findNode(client, namespace, cluster, address);
  const query = { ...wantedOf(options), unit, follow: options.follow === true };
  // By slot: the name may move to another node while its log is followed.
  const target = `slot-${found.node.slot}`;
  const timestamps = options.timestamps === true;
  for await (const chunk of client.log(found.cluster.metadata, target, { ...query, timestamps })) {
    context.stdout.write(chunk);
  }
}

async function printAll(
  context: CliContext,
  client: ApiClient,
  name: string | null,
  options: LogsOptions,
): Promise<void> {
  const { namespace } = options;
  const cluster =
    name === null ? await onlyCluster(client, namespace) : await client.get({ namespace, name });
  const print = (line: string) => context.stdout.write(`${line}\n`);
  if (options.follow === true) return followLogs(client, cluster, wantedOf(options), print);
  const { lines, missing } = await mergedLogs(client, cluster, wantedOf(options));
  for (const line of lines) print(line);
  for (const one of missing) context.stderr.write(`${one}\n`);
}

function wantedOf({ tail, previous, since: from }: LogsOptions) {
  return { tail: tail ?? null, previous: previous === true, since: from ?? null };
}
