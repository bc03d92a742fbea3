/** `top`: what nodes and kernels use. */
import { Command } from "commander";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { formatObject, outputOption } from "../options/output.ts";
import { kernelTable } from "../render/kernel-table.ts";
import { usageTable } from "../render/usage-table.ts";
import type { ApiClient } from "../client/api-client.ts";
import type { CliContext } from "../context.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";
import type { StructuredFormat } from "../options/output.ts";

/** The largest. */
const KERNELS_SHOWN = 20;

interface TopOptions extends ConnectionOptions, NamespaceOptions {
  readonly output?: StructuredFormat;
}

export function topCommand(context: CliContext): Command {
  const command = new Command("top")
    .summary("processors, memory and disk of the nodes, and memory of the kernels")
    .description(
      "Show what each node uses now, as its own agent reads it: processors on average over a second, " +
        "memory without the page cache that nobody used lately, and the disk that holds its data, which " +
        "others may share. Below them the largest kernels, where they belong to the cluster. - is what a " +
        "node does not tell, and PROBLEM says why.",
    )
    .argument("[name]", "name of one cluster; all of the namespace when absent")
    .addOption(outputOption(["json", "yaml"] as const))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster top lab
  watch -n 5 jupyter-cluster top lab       again and again`,
    )
    .action((name: string | undefined, options: TopOptions) =>
      withClient(options, (client) => top(context, client, name, options)),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}

async function top(
  { stdout, stderr, now }: CliContext,
  client: ApiClient,
  name: string | undefined,
  { namespace, output }: TopOptions,
): Promise<void> {
  const objects =
    name === undefined ? await client.list(namespace) : [await client.get({ namespace, name })];
  const told = await Promise.all(
    objects.map(async ({ metadata, status }) => ({
      name: metadata.name,
      nodes: await client.usage(metadata),
      kernels: kernelsOf(status),
    })),
  );
  if (output !== undefined) {
    stdout.write(formatObject({ items: told }, output));
    return;
  }
  if (told.length === 0) {
    stderr.write("No clusters.\n");
    return;
  }
  stdout.write(usageTable(told));
  const kernels = told
    .flatMap((one) => one.kernels ?? [])
    .toSorted((a, b) => (b.memoryBytes ?? -1) - (a.memoryBytes ?? -1));
  if (kernels.length === 0) return;
  stdout.write(`\n${kernelTable(kernels.slice(0, KERNELS_SHOWN), { wide: false, now: now() })}`);
  const more = kernels.length - KERNELS_SHOWN;
  if (more > 0) stderr.write(`and ${more} smaller kernels\n`);
}

/** A controller of an older release has no word of them. */
function kernelsOf({ kernels = null }: Partial<JupyterClusterObject["status"]>) {
  return kernels;
}
