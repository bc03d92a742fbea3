/** `kernels`: which notebooks' kernels there are, where, how busy and how large. */
import { Command } from "commander";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { formatObject, outputOption } from "../options/output.ts";
import { kernelTable } from "../render/kernel-table.ts";
import type { CliContext } from "../context.ts";
import type { ClusterStatus } from "../../model/resource.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";

const FORMATS = ["json", "yaml", "wide"] as const;

interface KernelsOptions extends ConnectionOptions, NamespaceOptions {
  readonly output?: (typeof FORMATS)[number];
}

export function kernelsCommand(context: CliContext): Command {
  const command = new Command("kernels")
    .summary("the kernels of a cluster: notebook, node, state, memory, last end")
    .description(
      "List the kernels that belong to a cluster (spec.kernels.placement spread or leader), in the " +
        "order in which they were started. STATE is Jupyter's, or unknown while nobody tells, or lost " +
        "when the container in which the kernel ran is gone. MEMORY is that of the kernel and all that " +
        "it has started, to about a tenth. LAST END is the latest, which the kernel may have outlived " +
        "by a restart. State and memory are some seconds old at most.",
    )
    .argument("<name>", "name of the cluster")
    .addOption(outputOption(FORMATS))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster kernels lab              who is busy, and where
  jupyter-cluster kernels lab -o wide      with ids, and why a kernel ended
  jupyter-cluster kernels lab -o json      as status.kernels has them`,
    )
    .action((name: string, options: KernelsOptions) =>
      withClient(options, async (client) => {
        const { status } = await client.get({ namespace: options.namespace, name });
        tell(context, status, options);
      }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}

/** A controller of an older release has no word of them. */
function tell(
  { stdout, stderr, now }: CliContext,
  { kernels = null }: Partial<Pick<ClusterStatus, "kernels">>,
  { output }: KernelsOptions,
): void {
  if (output === "json" || output === "yaml") stdout.write(formatObject(kernels, output));
  else if (kernels === null) {
    stderr.write(
      "Nobody tells of kernels: with spec.kernels.placement server they are JupyterLab's own.\n",
    );
  } else if (kernels.length === 0) stderr.write("No kernels.\n");
  else stdout.write(kernelTable(kernels, { wide: output === "wide", now: now() }));
}
