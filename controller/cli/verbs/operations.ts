/** `operations`: what was done to a cluster, who asked for it, and what came of it. */
import { Command } from "commander";
import { operationLine, operationsTable } from "../render/operation-text.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { formatObject, outputOption } from "../options/output.ts";
import type { ApiClient } from "../client/api-client.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";
import type { StructuredFormat } from "../options/output.ts";
import type { ClusterRef } from "../../model/ids.ts";
import type { OperationStatus } from "../../model/operation.ts";
import type { ClusterStatus } from "../../model/resource.ts";

interface OperationsOptions extends ConnectionOptions, NamespaceOptions {
  readonly watch?: boolean;
  readonly output?: StructuredFormat;
}

export function operationsCommand(context: CliContext): Command {
  const command = new Command("operations")
    .summary("snapshots, restores, defragmentations and rebalances: who asked, and what came of it")
    .description(
      "List the latest operations on a cluster, the newest last: snapshots, restores, " +
        "defragmentations, rebalances, and recoveries of a lost quorum. ASKED BY is who asked over the " +
        "command line, page, kubectl or API; the spec's schedule; or the controller itself.",
    )
    .argument("<name>", "name of the cluster")
    .option("-w, --watch", "go on and print what becomes of them")
    .addOption(outputOption(["json", "yaml"] as const))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster operations lab
  jupyter-cluster operations lab -w        a line for each step of each`,
    )
    .action((name: string, options: OperationsOptions) =>
      withClient(options, (client) => {
        const ref = { namespace: options.namespace, name };
        return options.watch === true
          ? watchOperations(context, client, ref, options)
          : printOperations(context, client, ref, options);
      }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}

async function printOperations(
  { stdout, stderr, now }: CliContext,
  client: ApiClient,
  ref: ClusterRef,
  { output }: OperationsOptions,
): Promise<void> {
  const items = operationsOf((await client.get(ref)).status);
  if (output !== undefined) stdout.write(formatObject({ items }, output));
  else if (items.length === 0) stderr.write("No operations.\n");
  else stdout.write(operationsTable(items, now()));
}

async function watchOperations(
  context: CliContext,
  client: ApiClient,
  ref: ClusterRef,
  { output }: OperationsOptions,
): Promise<void> {
  let told = new Map<string, string>();
  await client.get(ref);
  for await (const { type, object } of client.watch(ref.namespace)) {
    if (object.metadata.name !== ref.name) continue;
    if (type === "DELETED") {
      context.stderr.write(`${ref.name} is deleted.\n`);
      return;
    }
    const operations = operationsOf(object.status);
    const changed = operations.filter((one) => told.get(one.id) !== JSON.stringify(one));
    for (const one of changed) context.stdout.write(textOf(one, output, context.now()));
    told = new Map(operations.map((one) => [one.id, JSON.stringify(one)]));
  }
  context.stderr.write("The controller has ended the watch.\n");
}

/** A controller of an older release tells none. */
function operationsOf({ operations }: Partial<ClusterStatus>): readonly OperationStatus[] {
  return operations ?? [];
}

function textOf(one: OperationStatus, output: StructuredFormat | undefined, now: number): string {
  if (output === undefined) return operationLine(one, now);
  return output === "yaml" ? `---\n${formatObject(one, output)}` : `${JSON.stringify(one)}\n`;
}
