/** `kill`: ends the container of a node, to see the cluster heal. */
import { Command } from "commander";
import { findNodeContainer } from "../machine/node-container.ts";
import { addConnectionOptions, addNamespaceOption } from "../options/connection.ts";
import { nodeAddress, signalName } from "../options/parsers.ts";
import { killContainer } from "../../docker/containers.ts";
import type { NodeAddress } from "../client/node-lookup.ts";
import type { CliContext } from "../context.ts";
import type { NodeOptions } from "../machine/node-container.ts";

interface KillOptions extends NodeOptions {
  readonly signal: NodeJS.Signals;
}

export function killCommand(context: CliContext): Command {
  const command = new Command("kill")
    .summary("kill a node's container, to see the cluster heal")
    .description(
      "Kill the container of a node on this machine's Docker Engine, behind the back of Mesos and " +
        "of the controller, as a crash would. It comes back by itself.",
    )
    .argument("<node>", "NAME-k, or slot-N (which works without the controller)", nodeAddress)
    .option("--signal <name>", "signal to send to the container", signalName, "SIGKILL")
    .option("--cluster <name>", "cluster of a slot-N, where there are more than one")
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster kill lab-1               a follower: it comes back as lab-1
  jupyter-cluster kill lab-0               the leader: another node becomes lab-0
  jupyter-cluster kill slot-2 --signal SIGTERM`,
    )
    .action((node: NodeAddress, options: KillOptions) => killNode(context, node, options));
  return addNamespaceOption(addConnectionOptions(command, context));
}

async function killNode(
  context: CliContext,
  node: NodeAddress,
  options: KillOptions,
): Promise<void> {
  const { connectDocker } = await import("../../docker/connect.ts");
  const docker = connectDocker();
  const found = await findNodeContainer(docker, node, options);
  const { container, title, cluster } = found;
  await killContainer(docker, container.id, options.signal);
  context.stdout.write(
    `${title}: sent ${options.signal} to container ${container.name} ` +
      `(${container.id.slice(0, 12)})\n`,
  );
  context.stderr.write(
    found.controllerAnswers
      ? `Watch it come back: jupyter-cluster events ${cluster} -w\n`
      : "The controller does not answer: nothing starts it again until `jupyter-cluster up`.\n",
  );
}
