/** `get`: clusters as a table, or as they are. */
import { Command } from "commander";
import { clusterTable, whyNotReady, qualifiedName, WatchTable } from "../render/cluster-table.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { formatObject, outputOption } from "../options/output.ts";
import { API_VERSION, KIND } from "../../model/resource.ts";
import type { ApiClient } from "../client/api-client.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";

const FORMATS = ["json", "yaml", "wide", "name"] as const;

interface GetOptions extends ConnectionOptions, NamespaceOptions {
  readonly allNamespaces?: boolean;
  readonly watch?: boolean;
  readonly output?: (typeof FORMATS)[number];
}

export function getCommand(context: CliContext): Command {
  const command = new Command("get")
    .summary("list clusters, or show one")
    .description("List the clusters that the controller keeps, or show one of them.")
    .argument("[name]", "name of a cluster; all clusters of the namespace when absent")
    .option("-A, --all-namespaces", "clusters of all namespaces")
    .option("-w, --watch", "go on and print every change")
    .addOption(outputOption(FORMATS))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster get                      all clusters of the namespace "default"
  jupyter-cluster get lab -o json          the whole object, as the HTTP API serves it
  jupyter-cluster get -A -w                all clusters, and every change as a new row`,
    )
    .action((name: string | undefined, options: GetOptions) =>
      withClient(options, (client) =>
        options.watch
          ? watchClusters(context, client, name, options)
          : printClusters(context, client, name, options),
      ),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}

async function printClusters(
  context: CliContext,
  client: ApiClient,
  name: string | undefined,
  options: GetOptions,
): Promise<void> {
  const { namespace, output } = options;
  const scope = options.allNamespaces ? null : namespace;
  const clusters =
    name === undefined ? await client.list(scope) : [await client.get({ namespace, name })];
  if (output === "json" || output === "yaml") {
    const list = { apiVersion: API_VERSION, kind: `${KIND}List`, items: clusters };
    context.stdout.write(formatObject(name === undefined ? list : clusters[0], output));
  } else if (output === "name") {
    context.stdout.write(clusters.map((cluster) => `${qualifiedName(cluster)}\n`).join(""));
  } else if (clusters.length === 0) {
    const where = scope === null ? "" : ` in namespace ${scope}`;
    context.stderr.write(`No clusters found${where}.\n`);
  } else {
    const style = { ...tableStyle(options), now: context.now() };
    context.stdout.write(clusterTable(clusters, style));
    // Its own column there.
    if (!style.wide) context.stderr.write(whyNotReady(clusters));
  }
}

async function watchClusters(
  context: CliContext,
  client: ApiClient,
  name: string | undefined,
  options: GetOptions,
): Promise<void> {
  const { output } = options;
  const table = new WatchTable(tableStyle(options));
  if (name !== undefined) await client.get({ namespace: options.namespace, name });
  for await (const change of client.watch(options.allNamespaces ? null : options.namespace)) {
    if (name !== undefined && change.object.metadata.name !== name) continue;
    if (output === "json" || output === "yaml" || output === "name") {
      context.stdout.write(structured(change.object, output));
      continue;
    }
    context.stdout.write(table.row(change.object, context.now()));
  }
  context.stderr.write("The controller has ended the watch.\n");
}

function structured(object: JupyterClusterObject, output: "json" | "yaml" | "name"): string {
  if (output === "name") return `${qualifiedName(object)}\n`;
  return output === "yaml" ? `---\n${formatObject(object, "yaml")}` : `${JSON.stringify(object)}\n`;
}

function tableStyle(options: GetOptions): { allNamespaces: boolean; wide: boolean } {
  return { allNamespaces: options.allNamespaces === true, wide: options.output === "wide" };
}
